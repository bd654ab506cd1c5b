#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "analysis/comparison.h"
#include "base/clock.h"
#include "base/text.h"
#include "report/comparison_json.h"
#include "report/comparison_text.h"
#include "report/load_json.h"
#include "report/progress.h"
#include "report/run_json.h"
#include "report/run_text.h"

namespace unrig::report {
namespace {

using record::Json;
using ::testing::HasSubstr;

/// Two cells, three blocks, of whose trials nothing is known but their throughput.
record::Run blind_run() {
  record::Run run;
  run.manifest.run = "20261124-100000-0001";
  run.manifest.blocks = 3;
  run.manifest.baseline = "b";
  for (const char* label : {"a", "b"}) {
    run.manifest.cells.push_back({.stack = label,
                                  .vintage = "2026",
                                  .framework = label,
                                  .server = "Own",
                                  .concurrency = "sync",
                                  .workers = 2,
                                  .label = label});
    for (int block = 1; block <= 3; ++block) {
      record::Trial trial;
      trial.label = trial.stack = label;
      trial.block = block;
      trial.throughput_per_s = 600;
      trial.could_not_read("steal time", "/proc/stat cannot be read");
      if (*label == 'a') trial.could_not_read("database sessions", "silent");
      run.trials.push_back(trial);
    }
  }
  return run;
}

/// Paths below which a trial may hold numbers that are counted by unrig itself, always there.
bool is_always_known(const std::string& path) {
  for (const char* known :
       {"/block", "/position", "/seed", "/workers", "/warmup_seconds", "/counts", "/failed_by",
        "/window", "/throughput_per_s", "/anomalies", "/reconnects", "/bytes_in", "/seconds",
        "/steps", "/resent", "/statuses", "/series"}) {
    if (path.starts_with(known)) return true;
  }
  return false;
}

TEST(NotChecked, EveryFigureOfATrialThatNobodyReadIsNull) {
  const record::Run run = blind_run();
  const Json flat = record::to_json(run.trials.front()).flatten();
  int nulls = 0;
  for (const auto& [path, value] : flat.items()) {
    if (is_always_known(path)) continue;
    EXPECT_FALSE(value.is_number()) << path << " is " << value;
    nulls += value.is_null() ? 1 : 0;
  }
  EXPECT_GE(nulls, 3 * 7 + 6 + 6 + 8) << "quantiles, database, CPU, disturbance";
  const auto read = record::trial_from_json(record::dump(record::to_json(run.trials.front())));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->not_checked, run.trials.front().not_checked);
  EXPECT_EQ(record::to_json(*read), record::to_json(run.trials.front()));
}

TEST(NotChecked, ATableHasDashesAndSaysWhy) {
  const record::Run run = blind_run();
  const auto summary = analysis::summarize(run);
  const std::string text = run_text(run, summary);
  for (const auto& line : split(text, '\n')) {
    if (line.find(" Own ") == std::string::npos) continue;
    std::vector<std::string> words;
    for (const auto& word : split(line, ' ')) {
      if (!word.empty()) words.push_back(word);
    }
    EXPECT_GE(std::ranges::count(words, "-"), 4) << "P50, P99, #DB, CPU: " << line;
    EXPECT_EQ(std::ranges::count(words, "0"), 0) << line;
  }
  EXPECT_THAT(text, HasSubstr("\nNot checked:\n  steal time: /proc/stat cannot be read\n"
                              "  database sessions of a: silent\n"));
}

TEST(NotChecked, AComparisonHasThemToo) {
  const record::Run run = blind_run();
  const auto comparison = analysis::compare(run, "a", "b");
  EXPECT_THAT(comparison_text(comparison, run.manifest),
              HasSubstr("\nNot checked:\n  steal time: /proc/stat cannot be read\n"
                        "  database sessions of a: silent\n"));
  const Json json = comparison_json(comparison, run.manifest);
  EXPECT_EQ(json.at("not_checked").at("a").size(), 2u);
  EXPECT_EQ(json.at("not_checked").at("b").at(0).at("why"), "/proc/stat cannot be read");
}

TEST(NotChecked, TwoRunsSayWhichOfThemLacksIt) {
  record::Run later = blind_run();
  later.manifest.run = "20261125-100000-0002";
  for (auto& trial : later.trials) trial.not_checked.clear();
  const auto comparison = analysis::compare_runs(blind_run(), later, 0.02);
  EXPECT_THAT(comparison_text(comparison, "first", "second"),
              HasSubstr("\nNot checked:\n"
                        "  steal time of a in first, b in first: /proc/stat cannot be read\n"
                        "  database sessions of a in first: silent\n"));
  const Json cell = comparison_json(comparison, "first", "second", 0.02).at("cells").at(0);
  EXPECT_EQ(cell.at("not_checked").at("a").size(), 2u);
  EXPECT_TRUE(cell.at("not_checked").at("b").empty());
}

TEST(NotChecked, ALineOfProgressHasDashes) {
  std::FILE* file = std::tmpfile();
  const SystemClock clock;
  {
    Progress progress(file, Progress::Style::plain, clock, 6);
    progress.trial_ended({.label = "a"}, blind_run().trials[0]);
  }
  std::rewind(file);
  std::array<char, 400> text{};
  const std::size_t size = std::fread(text.data(), 1, text.size(), file);
  std::fclose(file);
  EXPECT_THAT(std::string(text.data(), size), HasSubstr("P50        -  P99        -"));
}

TEST(NotChecked, ACellOfTheRecordHasNullAndTheReasons) {
  const record::Run run = blind_run();
  const Json cell = run_json(run, analysis::summarize(run)).at("cells").at(0);
  EXPECT_TRUE(cell.at("db_sessions").at("max").is_null());
  EXPECT_TRUE(cell.at("db_sessions").at("mean").is_null());
  EXPECT_TRUE(cell.at("cpu_us_per_request").is_null());
  EXPECT_TRUE(cell.at("p99_us").at("estimate").is_null());
  EXPECT_FALSE(cell.at("not_checked").empty());
}

/// One of the cells has a claim that nobody could check.
record::Run unproven_run() {
  record::Run run = blind_run();
  run.manifest.cells[0].claims = {
      {"event loop", "uvloop.Loop", "Permission denied", std::nullopt, true},
      {"driver", "none claimed", "psycopg2 loaded", std::nullopt, false}};
  return run;
}

TEST(NotChecked, AClaimThatIsNotProvenIsNotRankedBesideOthers) {
  const record::Run run = unproven_run();
  const auto summary = analysis::summarize(run);
  const std::string text = run_text(run, summary);
  EXPECT_THAT(text, HasSubstr("Does not count:\n  a: not proven: event loop: expected "
                              "uvloop.Loop, not checked: Permission denied\n"));
  EXPECT_THAT(text, HasSubstr("help: rank what could not be checked, marked: unrig run --resume "));
  const Json json = run_json(run, summary);
  EXPECT_EQ(json.at("accept_unproven"), false);
  EXPECT_EQ(json.at("cells")[0].at("label"), "b") << "it comes first, alone";
  const Json& cell = json.at("cells")[1];
  EXPECT_TRUE(cell.at("rank").is_null());
  ASSERT_EQ(cell.at("unproven").size(), 1U) << "what is not claimed needs no proof";
  EXPECT_EQ(cell.at("claims")[0].at("ok"), "not checked");
  EXPECT_EQ(cell.at("claims")[0].at("claimed"), true);
  EXPECT_EQ(cell.at("claims")[1].at("claimed"), false);
}

TEST(NotChecked, AClaimThatIsNotProvenCanBeAcceptedAndIsMarked) {
  record::Run run = unproven_run();
  run.manifest.accept_unproven = true;
  const auto summary = analysis::summarize(run);
  const std::string text = run_text(run, summary);
  EXPECT_THAT(text, HasSubstr("? a: ranked without proof (--accept-unproven): event loop: expected "
                              "uvloop.Loop, not checked: Permission denied\n"));
  EXPECT_THAT(text, HasSubstr("valid, unproven\n"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("Does not count")));
  const Json json = run_json(run, summary);
  EXPECT_FALSE(json.at("cells")[0].at("rank").is_null());
  EXPECT_FALSE(json.at("cells")[1].at("rank").is_null());
  EXPECT_TRUE(json.at("advice").empty());
}

TEST(NotChecked, OfTwoThatAreComparedItSaysWhichIsNotProven) {
  record::Run run = unproven_run();
  auto c = analysis::compare(run, "a", "b");
  EXPECT_THAT(c.sentence, HasSubstr("cannot be compared"));
  EXPECT_THAT(comparison_text(c, run.manifest), HasSubstr("not proven"));
  run.manifest.accept_unproven = true;
  c = analysis::compare(run, "a", "b");
  EXPECT_THAT(comparison_text(c, run.manifest), HasSubstr("? a: ranked without proof"));
  const Json json = comparison_json(c, run.manifest);
  EXPECT_EQ(json.at("unproven").at("a").size(), 1U);
  EXPECT_TRUE(json.at("unproven").at("b").empty());
}

TEST(NotChecked, ALoadThatAnsweredNothingHasNoTimes) {
  const record::Times none = record::times({});
  const Json json = load_json({.url = "http://127.0.0.1/",
                               .response_us = none,
                               .service_us = none,
                               .issue_delay_us = none,
                               .connect_us = none});
  for (const char* name : {"response_us", "service_us", "issue_delay_us", "connect_us"}) {
    for (const char* figure : {"mean", "p50", "p90", "p95", "p99", "p999", "max"}) {
      EXPECT_TRUE(json.at(name).at(figure).is_null()) << name << '.' << figure;
      EXPECT_EQ(json.at(name).at("missing").at(figure).at("reason"), "too few requests: 0");
    }
  }
}

}  // namespace
}  // namespace unrig::report
