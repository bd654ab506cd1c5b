#include "report/ground_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/comparison.h"
#include "report/comparison_json.h"
#include "report/comparison_text.h"
#include "report/run_json.h"
#include "report/run_text.h"
#include "report/testing.h"

namespace unrig::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// "base", limited by workers, beside "a" and "b", limited by the CPU; "b" runs 3 statements.
record::Run unlike_run() {
  record::Run run;
  run.manifest.run = "r";
  run.manifest.blocks = 3;
  run.manifest.baseline = "base";
  for (const char* label : {"base", "a", "b"}) {
    record::Cell cell{.stack = label, .label = label};
    cell.audit.requests = 10;
    cell.audit.hops = {{.from = "app", .to = "database", .round_trips = 2}};
    cell.audit.hops[0].statements = {{"SELECT", label == std::string("b") ? 3.0 : 2.0}};
    run.manifest.cells.push_back(cell);
  }
  add_blocks(run, 3, [](const record::Cell& cell) {
    record::Trial trial;
    trial.window_seconds = 2;
    trial.throughput_per_s = cell.label == "base" ? 300 : 2000;
    trial.window.completed = static_cast<std::uint64_t>(2 * trial.throughput_per_s);
    trial.response_us = {.p50 = 1000, .p99 = 2000};
    trial.limiter.name = cell.label == "base" ? "workers" : "cpu";
    return trial;
  });
  return run;
}

std::string table_of(const record::Run& run) {
  return run_text(run, analysis::summarize(run));
}

TEST(RunTable, NamesWhoKeepsMemoryOfItsRequests) {
  record::Run run = unlike_run();
  EXPECT_THAT(table_of(run), Not(HasSubstr("memory")));
  for (auto& trial : run.trials) {
    if (trial.label == "a")
      trial.signals.growth = {.memory = 4000 * 3072, .memory_late = 2000 * 3072};
    trial.signals.census.processes = 2;
  }
  EXPECT_THAT(table_of(run),
              HasSubstr("a: its memory grows by 3.0 to 3.0 KiB with each request, in all of 3 "
                        "trials: a leak,\n  or something that was still being filled\n"));
  const auto json = run_json(run, analysis::summarize(run));
  for (const auto& cell : json.at("cells"))
    EXPECT_EQ(cell.at("leak").is_null(), cell.at("label") != "a");
}

TEST(RunTable, MarksRatiosOfUnlikeLimitsAndOfUnequalWork) {
  const std::string text = table_of(unlike_run());
  EXPECT_THAT(text, HasSubstr("6.67  !  "));
  EXPECT_THAT(text, HasSubstr("6.67  !+ "));
  EXPECT_THAT(text, HasSubstr("! limited by something else than base (workers): the ratio is that "
                              "of two limits"));
  EXPECT_THAT(text, HasSubstr("+ b: 3.00 statements per request, base 2.00: not the same work\n"));
  record::Run like = unlike_run();
  for (auto& trial : like.trials) trial.limiter.name = "cpu";
  for (auto& cell : like.manifest.cells) cell.audit.requests = 0;
  EXPECT_THAT(table_of(like), Not(HasSubstr("!")));
  EXPECT_THAT(table_of(like), Not(HasSubstr("+")));
}

// 300 requests/s for 2 s are 600: the 99th of 100 is the sixth largest.
TEST(RunTable, APercentileOfTooFewRequestsIsADashWithTheReason) {
  const record::Run run = unlike_run();
  const std::string text = table_of(run);
  EXPECT_THAT(text, HasSubstr("P50 ms (closed)  P99 ms (closed)"));
  EXPECT_THAT(text, HasSubstr("             1.00                -"));
  EXPECT_THAT(text,
              HasSubstr("- in place of P99: base: P99 needs 1000 requests in a trial, block 1 "
                        "had 600\n"));
  const auto json = run_json(run, analysis::summarize(run));
  for (const auto& cell : json.at("cells")) {
    const bool base = cell.at("label") == "base";
    EXPECT_EQ(cell.at("p99_us").at("estimate").is_null(), base);
    EXPECT_EQ(cell.at("p99_missing").is_null(), !base);
    EXPECT_TRUE(cell.at("p99_ratio").at("estimate").is_null()) << "over nothing";
    EXPECT_FALSE(cell.at("p50_ratio").at("estimate").is_null());
  }
}

TEST(RunTable, AnOpenLoopsPercentilesAreNotCalledClosed) {
  record::Run run = unlike_run();
  for (auto& trial : run.trials) trial.offered_per_s = 2000;
  EXPECT_THAT(table_of(run), HasSubstr("P50 ms  P99 ms"));
}

TEST(RunTable, SaysWhatItsIntervalsHoldFor) {
  const std::string text = table_of(unlike_run());
  EXPECT_THAT(text, HasSubstr("95 % together"));
  EXPECT_THAT(text, HasSubstr("Intervals hold together, all 2 at 95 %, and are as of this run"));
  EXPECT_THAT(text, HasSubstr("Steady state not checked: windows of 2 s, 4 s are needed.\n"));
  EXPECT_THAT(text, HasSubstr("not checked: 3 blocks, 8 are needed"));
  EXPECT_THAT(text, HasSubstr("The smallest difference that this run could have shown: "));
  EXPECT_THAT(text, Not(HasSubstr("could have shown: 0.0 % (base)"))) << "of the baseline, none";
  const record::Run all = unlike_run();
  for (const auto& cell : run_json(all, analysis::summarize(all)).at("cells"))
    EXPECT_EQ(cell.at("smallest_difference").is_null(), cell.at("label") == "base");
  record::Run run = unlike_run();
  run.manifest.cells.pop_back();
  std::erase_if(run.trials, [](const auto& trial) { return trial.label == "b"; });
  for (auto& trial : run.trials) trial.steady_state.checked = true;
  EXPECT_THAT(table_of(run), HasSubstr("95 % interval"));
  EXPECT_THAT(table_of(run), HasSubstr("The interval is as of this run"));
  EXPECT_THAT(table_of(run), Not(HasSubstr("Steady state")));
}

TEST(RunTable, ShowsWhatEarlierRunsFound) {
  const record::Run run = unlike_run();
  analysis::Summary summary = analysis::summarize(run);
  EXPECT_THAT(run_text(run, summary), Not(HasSubstr("Earlier runs")));
  summary.rows[0].seen = {.runs = 3, .low = 6.9, .high = 8.02};
  EXPECT_THAT(run_text(run, summary), HasSubstr("6.90 to 8.02 in 3"));
  const auto seen = run_json(run, summary).at("cells").at(0).at("seen");
  EXPECT_EQ(seen.at("runs"), 3);
  EXPECT_EQ(seen.at("high"), 8.02);
}

TEST(RunJson, SaysWhatItsRatiosAreOf) {
  const record::Run run = unlike_run();
  const auto json = run_json(run, analysis::summarize(run));
  EXPECT_EQ(json.at("intervals").at("of"), "this run");
  EXPECT_EQ(json.at("intervals").at("together"), 2);
  EXPECT_TRUE(json.at("intervals").at("neighbours").is_null());
  EXPECT_EQ(json.at("intervals").at("unseen_window_seconds"), 2);
  for (const auto& cell : json.at("cells")) {
    EXPECT_EQ(cell.at("ratio_comparable"), cell.at("label") == "base");
    EXPECT_EQ(cell.at("equal_work"), cell.at("label") != "b");
    EXPECT_EQ(cell.at("statements_per_request"), cell.at("label") == "b" ? 3 : 2);
    EXPECT_TRUE(cell.at("seen").is_null());
  }
}

TEST(VisibleText, IsHalfOfTheInterval) {
  EXPECT_EQ(visible_text({.estimate = 2, .low = 2 / 1.02, .high = 2 * 1.02}), "2.0 %");
  EXPECT_EQ(visible_text({.estimate = 2, .low = 1, .high = 4}), "100 %");
  EXPECT_EQ(visible_text({.estimate = 2}), "") << "without an interval nobody knows";
}

TEST(GroundText, SaysThatTrialsResembleTheirNeighbours) {
  EXPECT_EQ(
      ground_text(12, stats::Likeness{.found = true, .correlation = 0.61}, {}),
      "Trials resemble the ones before them (correlation 0.61): intervals are wider for it.\n");
  EXPECT_EQ(ground_text(12, stats::Likeness{.conclusive = true}, {}), "");
  EXPECT_THAT(ground_text(12, stats::Likeness{}, {}),
              HasSubstr("a strong one (a\ncorrelation of 0.7) is missed more than once in ten"));
}

TEST(ComparisonText, SaysThatTheLimitersAreUnlike) {
  const record::Run run = unlike_run();
  const auto comparison = analysis::compare(run, "b", "base");
  EXPECT_EQ(
      comparison.sentence,
      "b serves 2000 requests/s and base 300: 6.67 times [6.65, 6.68] as many; 3 blocks; b is "
      "limited by cpu, base by workers: a ratio of two limits, which changes with the machine "
      "and the settings; b runs 3.00 statements per request, base 2.00.");
  const std::string text = comparison_text(comparison, run.manifest);
  EXPECT_THAT(text, HasSubstr("P50 ms (closed)"));
  EXPECT_THAT(text, HasSubstr("as of this run"));
  EXPECT_THAT(text, HasSubstr("Steady state not checked"));
  const auto json = comparison_json(comparison, run.manifest);
  EXPECT_EQ(json.at("ratio_comparable"), false);
  EXPECT_EQ(json.at("equal_work"), false);
}

}  // namespace
}  // namespace unrig::report
