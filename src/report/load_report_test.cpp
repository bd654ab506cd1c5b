#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/load_json.h"
#include "report/load_text.h"

namespace unrig::report {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

record::LoadRun good_run() {
  record::LoadRun run{.url = "http://127.0.0.1:8080/", .connections = 64, .seed = 7};
  run.total = {.scheduled = 101, .issued = 101, .completed = 100};
  run.total.failed_by[static_cast<std::size_t>(decltype(run.total.failed_by){}.size() - 1)] = 1;
  run.window = run.total;
  run.window_seconds = 2;
  run.throughput_per_s = 50;
  run.offered_per_s = 50.5;
  for (int i = 0; i < 99; ++i) run.response.record(1ms);
  run.response.record(100ms);
  run.response_us = record::quantiles(run.response);
  run.generator.cpu = 1ms;
  return run;
}

TEST(LoadText, SaysCountsTimesAndVerdict) {
  const auto text = load_text(good_run());
  for (const char* part : {"50.0 requests/s", "100 completed", "1 failed", "1 wrong_body",
                           "response (closed)", "10.00 us/request", "valid", "seed 7", "####"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("offered")));
}

TEST(LoadText, OpenLoopHasItsOfferAndNoClosedTimes) {
  auto run = good_run();
  run.open = true;
  EXPECT_THAT(load_text(run), HasSubstr("of 50.5 offered"));
  EXPECT_THAT(load_text(run), Not(HasSubstr("closed")));
}

TEST(LoadText, FailuresHaveNoThroughput) {
  record::LoadRun run{.url = "http://127.0.0.1:1/"};
  run.total = {.scheduled = 5, .issued = 5};
  run.total.failed_by[0] = 5;
  run.verdict.reasons = {"no request was completed: 5 refused"};
  run.sample_failure = "HTTP/1.1 500 Error\nContent-Length: 0\n\n";
  const auto text = load_text(run);
  EXPECT_THAT(text, Not(HasSubstr("requests/s")));
  EXPECT_THAT(text, Not(HasSubstr("us/request")));
  EXPECT_THAT(text, HasSubstr("INVALID"));
  EXPECT_THAT(text, HasSubstr("5 refused"));
  EXPECT_THAT(text,
              HasSubstr("one of them   HTTP/1.1 500 Error\n              Content-Length: 0\n"));
  EXPECT_EQ(load_json(run)["sample_failure"], run.sample_failure);
}

TEST(LoadText, SaysFirstThatMostRequestsFailed) {
  auto run = good_run();
  run.total.issued = 1000;
  run.total.completed = 400;
  run.total.failed_by = {};
  run.total.failed_by[static_cast<std::size_t>(load::Failure::wrong_status)] = 600;
  run.statuses = {{200, 400}, {404, 500}, {500, 100}};
  const auto text = load_text(run);
  EXPECT_THAT(text,
              HasSubstr("\n\nFAILED        600 of 1000 requests: 600 wrong_status\nthroughput"));
  EXPECT_THAT(text, HasSubstr("statuses      400 x 200, 500 x 404, 100 x 500\n"));
  EXPECT_EQ(load_json(run)["statuses"], (record::Json{{"200", 400}, {"404", 500}, {"500", 100}}));
  run.total.failed_by[static_cast<std::size_t>(load::Failure::wrong_status)] = 400;
  EXPECT_THAT(load_text(run), Not(HasSubstr("FAILED")));
}

TEST(LoadText, SaysWhatWasSentAgainAndHowToAvoidIt) {
  auto run = good_run();
  EXPECT_THAT(load_text(run), Not(HasSubstr("resent")));
  run.resent = 12;
  run.early_answers = 3;
  run.head_bodies = 4;
  EXPECT_THAT(load_text(run), HasSubstr("resent        12:"));
  EXPECT_THAT(load_text(run), HasSubstr("--no-keep-alive"));
  EXPECT_THAT(load_text(run), HasSubstr("early answers 3"));
  EXPECT_THAT(load_text(run), HasSubstr("4 answers had a body"));
  const auto json = load_json(run);
  EXPECT_EQ(json["resent"], 12);
  EXPECT_EQ(json["anomalies"]["early_answers"], 3);
  EXPECT_EQ(json["anomalies"]["head_bodies"], 4);
}

TEST(LoadText, ShowsASampleOfEachKindOfFailure) {
  auto run = good_run();
  run.samples = {{load::Failure::wrong_status, 404, "HTTP/1.1 404 No\n"},
                 {load::Failure::reset, 0, "without a byte of an answer"}};
  run.sample_failure = run.samples.front().text;
  const auto text = load_text(run);
  EXPECT_THAT(text, HasSubstr("one of them   HTTP/1.1 404 No\none reset     without a byte"));
  EXPECT_EQ(load_json(run)["samples"].size(), 2u);
  EXPECT_EQ(load_json(run)["samples"][0]["status"], 404);
}

TEST(LoadText, NothingFromOutsideMovesTheCursor) {
  auto run = good_run();
  run.verdict.advice = {"\x1b[2J"};
  EXPECT_THAT(load_text(run), Not(HasSubstr("\x1b")));
}

TEST(LoadLine, SaysWhatIsLeft) {
  const auto line = load_line(
      {.per_second = 1200, .failed = 3, .p50 = 1ms, .p99 = 2ms, .left = std::chrono::seconds(4)});
  for (const char* part : {"1200 requests/s", "P50 1.00 ms", "P99 2.00 ms", "3 failed", "left"}) {
    EXPECT_THAT(line, HasSubstr(part));
  }
  EXPECT_THAT(load_line({.left = 999'900us}), HasSubstr("  1.0 s left"));
}

TEST(LoadJson, HasEveryClassAndItsUnits) {
  auto run = good_run();
  const auto json = load_json(run);
  EXPECT_EQ(json["schema"], "unrig.load/1");
  EXPECT_EQ(json["loop"], "closed");
  EXPECT_EQ(json["counts"]["failed"], 1);
  EXPECT_EQ(json["failed_by"].size(), 11u);
  EXPECT_EQ(json["window"]["seconds"], 2.0);
  EXPECT_EQ(json["window"]["completed"], 100);
  EXPECT_EQ(json["generator"]["cpu_us_per_request"], 10.0);
  EXPECT_EQ(json["verdict"]["valid"], true);
  EXPECT_FALSE(json.contains("offered_per_s"));
  run.open = true;
  EXPECT_EQ(load_json(run)["offered_per_s"], 50.5);
}

}  // namespace
}  // namespace unrig::report
