#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

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
  run.response_us = record::times(run.response);
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

TEST(LoadText, SaysWhatWasExpectedOfBodies) {
  auto run = good_run();
  EXPECT_THAT(load_text(run), Not(HasSubstr("right answers")));
  EXPECT_EQ(load_json(run)["expect"],
            (record::Json{{"status", 200}, {"length", nullptr}, {"json", record::Json::array()}}));
  run.expect = {.length = http::LengthRange{100, 200},
                .members = {http::parse_member("user.id=7").value()}};
  EXPECT_THAT(load_text(run),
              HasSubstr("seed 7\nright answers: status 200, 100..200 bytes, user.id=7\n\n"));
  EXPECT_EQ(load_json(run)["expect"],
            (record::Json{{"status", 200}, {"length", "100..200"}, {"json", {"user.id=7"}}}));
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

TEST(LoadText, SaysThatThereAreFewerThreadsThanAskedFor) {
  auto run = good_run();
  EXPECT_THAT(load_text(run), Not(HasSubstr("asked for")));
  run.generator.threads = 2;
  run.threads_asked = 4;
  EXPECT_THAT(load_text(run), HasSubstr("2 of the 4 threads asked for: each needs a client"));
  EXPECT_EQ(load_json(run)["generator"]["threads_asked"], 4);
}

TEST(LoadJson, WhatWasNotMeasuredIsNull) {
  auto run = good_run();
  run.open = true;
  run.throughput_per_s = 0;
  auto json = load_json(run);
  EXPECT_EQ(json["throughput_per_s"], 0) << "nothing was completed in the window";
  EXPECT_EQ(json["generator"]["cpu_us_per_request"], nullptr);
  run.window_seconds = 0;  // it ended in its warm-up
  json = load_json(run);
  EXPECT_EQ(json["throughput_per_s"], nullptr);
  EXPECT_EQ(json["offered_per_s"], nullptr);
}

TEST(LoadText, SaysFirstThatMostRequestsFailed) {
  auto run = good_run();
  run.total.issued = 1000;
  run.total.completed = 400;
  run.total.failed_by = {};
  run.total.failed_by[static_cast<std::size_t>(tally::Failure::wrong_status)] = 600;
  run.statuses = {{200, 400}, {404, 500}, {500, 100}};
  const auto text = load_text(run);
  EXPECT_THAT(text,
              HasSubstr("\n\nFAILED        600 of 1000 requests: 600 wrong_status\nthroughput"));
  EXPECT_THAT(text, HasSubstr("statuses      400 x 200, 500 x 404, 100 x 500\n"));
  EXPECT_EQ(load_json(run)["statuses"], (record::Json{{"200", 400}, {"404", 500}, {"500", 100}}));
  run.total.failed_by[static_cast<std::size_t>(tally::Failure::wrong_status)] = 400;
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
  run.samples = {{tally::Failure::wrong_status, 404, "HTTP/1.1 404 No\n"},
                 {tally::Failure::reset, 0, "without a byte of an answer"}};
  run.sample_failure = run.samples.front().text;
  const auto text = load_text(run);
  EXPECT_THAT(text, HasSubstr("one of them   HTTP/1.1 404 No\none reset     without a byte"));
  EXPECT_EQ(load_json(run)["samples"].size(), 2u);
  EXPECT_EQ(load_json(run)["samples"][0]["status"], 404);
}

TEST(LoadText, FewRequestsHaveNoP99) {
  const auto run = good_run();  // of 100
  EXPECT_THAT(load_text(run), HasSubstr("ten have to lie beyond a percentile"));
  const auto json = load_json(run)["response_us"];
  EXPECT_TRUE(json["p99"].is_null());
  EXPECT_EQ(json["missing"]["p99"]["reason"], "too few requests: 100");
  EXPECT_NEAR(json["p90"], 1000, 1);
  EXPECT_FALSE(json["missing"].contains("p90"));
  EXPECT_EQ(json["count"], 100);
}

TEST(LoadText, WhatHadNoAnswerIsLongerThanItWasSeen) {
  auto run = good_run();
  stats::Histogram answered;
  stats::Histogram unanswered;
  answered.record(1ms, 1500);
  unanswered.record(2s, 500);
  run.response_us = record::times(answered, unanswered);
  const auto text = load_text(run);
  EXPECT_THAT(text, HasSubstr("> 2.00 s"));
  EXPECT_THAT(text, HasSubstr("500 of 2000 requests had no answer"));
  const auto json = load_json(run)["response_us"];
  EXPECT_NEAR(json["p50"], 1000, 1);
  EXPECT_TRUE(json["p99"].is_null());
  EXPECT_NEAR(json["missing"]["p99"]["at_least"], 2e6, 2e3);
}

TEST(LoadText, GapOfAClosedLoopStandsBesideItsPercentiles) {
  auto run = good_run();
  EXPECT_TRUE(load_json(run)["gap"].is_null());
  stats::Histogram corrected;
  corrected.record(900ms, 20'000);
  run.gap = record::Gap{.seconds = 1, .corrected = record::times(corrected)};
  EXPECT_THAT(load_text(run), HasSubstr("for 1.00 s nothing was answered"));
  EXPECT_THAT(load_text(run), HasSubstr("P99 900.00 ms"));
  EXPECT_EQ(load_json(run)["gap"]["seconds"], 1.0);
}

TEST(LoadText, RampShowsWhatHappenedWhen) {
  auto run = good_run();
  stats::CoarseHistogram responses;
  for (int i = 0; i < 200; ++i) responses.record(1ms);
  run.series.push_back(
      {.issued = 201, .completed = 200, .failed = 1, .responses = responses.take()});
  run.series.push_back({.issued = 7, .completed = 7});
  EXPECT_THAT(load_text(run), Not(HasSubstr("issued/s")));
  run.ramp = run.open = true;
  EXPECT_THAT(load_text(run), HasSubstr("issued/s"));
  const auto json = load_json(run)["series"];
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[0]["issued"], 201);
  EXPECT_EQ(json[0]["failed"], 1);
  EXPECT_NEAR(json[0]["p50_us"], 1000, 20);
  EXPECT_TRUE(json[0]["p99_us"].is_null());
  EXPECT_EQ(json[1]["at_s"], 1.0);
  run.series.resize(3600);
  EXPECT_LT(std::ranges::count(load_text(run), '\n'), 60);
}

TEST(LoadText, GeneratorsOwnFigures) {
  auto run = good_run();
  EXPECT_THAT(load_text(run), HasSubstr("waits for a core not checked"));
  EXPECT_THAT(load_text(run), Not(HasSubstr("source addresses")));
  EXPECT_TRUE(load_json(run)["generator"]["queue_wait_s"].is_null());
  EXPECT_THAT(load_text(run), HasSubstr("CPU quota: not checked"));
  EXPECT_TRUE(load_json(run)["generator"]["throttled_s"].is_null());
  run.generator.throttling.emplace();
  EXPECT_THAT(load_text(run), Not(HasSubstr("CPU quota")));
  run.generator.throttling = {3, 200ms};
  EXPECT_THAT(load_text(run), HasSubstr("CPU quota: used up in 3 periods, 200.00 ms without"));
  EXPECT_EQ(load_json(run)["generator"]["throttled_s"], 0.2);
  run.generator.queue_wait = 250ms;
  run.generator.source_addresses = 3;
  EXPECT_THAT(load_text(run), HasSubstr("waited 250.00 ms for a core"));
  EXPECT_THAT(load_text(run), HasSubstr("from 3 source addresses"));
  EXPECT_EQ(load_json(run)["generator"]["queue_wait_s"], 0.25);
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
  EXPECT_THAT(load_line({}), HasSubstr("P50 -  P99 -")) << "before the first answer";
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
