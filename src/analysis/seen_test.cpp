#include "analysis/seen.h"

#include <gtest/gtest.h>

namespace unrig::analysis {
namespace {

/// "base" at 100 and "a" at `ratio` times as much.
record::Run run_with(double ratio) {
  record::Run run;
  run.manifest.blocks = 1;
  run.manifest.baseline = "base";
  run.manifest.knobs = {{"clients", "100"}};
  run.manifest.host = {.hostname = "here", .cores = 2};
  run.manifest.cells = {{.stack = "base", .vintage = "1", .workers = 7, .label = "base"},
                        {.stack = "a", .vintage = "1", .workers = 2, .label = "a"}};
  for (const auto& cell : run.manifest.cells) {
    record::Trial trial;
    trial.label = cell.label;
    trial.block = 1;
    trial.throughput_per_s = cell.label == "a" ? 100 * ratio : 100;
    run.trials.push_back(trial);
  }
  return run;
}

/// Of "a", when that other run is in the store.
std::optional<Seen> seen_beside(const record::Run& other) {
  const record::Run run = run_with(7);
  Summary summary = summarize(run);
  add_seen(summary, run, std::span(&other, 1));
  EXPECT_FALSE(summary.rows[1].seen) << "the baseline is always 1";
  return summary.rows[0].seen;
}

TEST(Seen, IsTheRangeOfTheRunsEstimates) {
  const record::Run run = run_with(7);
  Summary summary = summarize(run);
  const std::vector<record::Run> earlier{run_with(7.5), run_with(6.9), run_with(8)};
  add_seen(summary, run, earlier);
  ASSERT_TRUE(summary.rows[0].seen);
  EXPECT_EQ(summary.rows[0].seen->runs, 3);
  EXPECT_NEAR(summary.rows[0].seen->low, 6.9, 1e-9);
  EXPECT_NEAR(summary.rows[0].seen->high, 8, 1e-9);
  EXPECT_EQ(summary.rows[0].seen->above, 3);
}

TEST(Seen, OfTwoCellsItDoesNotMatterWhatTheBaselineWas) {
  const record::Run run = run_with(7);
  record::Run other = run_with(8);
  other.manifest.baseline = "a";
  Comparison comparison = compare(run, "a", "base");
  add_seen(comparison, run, std::span(&other, 1));
  ASSERT_TRUE(comparison.seen);
  EXPECT_NEAR(comparison.seen->high, 8, 1e-9);
}

TEST(Seen, OnlyTheSameCellsUnderTheSameConditionsAreHeldAgainstIt) {
  EXPECT_TRUE(seen_beside(run_with(8)));
  record::Run other = run_with(8);
  other.manifest.knobs[0].second = "50";
  EXPECT_FALSE(seen_beside(other));
  other = run_with(8);
  other.manifest.host.hostname = "elsewhere";
  EXPECT_FALSE(seen_beside(other));
  other = run_with(8);
  other.manifest.cells[1].workers = 3;
  EXPECT_FALSE(seen_beside(other));
  other = run_with(8);
  other.manifest.cells[0].workers = 3;
  EXPECT_FALSE(seen_beside(other)) << "another baseline";
  other = run_with(8);
  other.manifest.cells[1].lock = "other versions";
  EXPECT_FALSE(seen_beside(other));
  other = run_with(8);
  other.manifest.cells[1].knobs = {{"clients", "50"}};
  EXPECT_FALSE(seen_beside(other)) << "another setting of its own";
  other.manifest.cells[1].knobs = {{"clients", "100"}, {"workers.sync", "2"}};
  EXPECT_TRUE(seen_beside(other)) << "its own settings are those of the other run";
  other = run_with(8);
  other.trials[1].verdict.reject("planted");
  EXPECT_FALSE(seen_beside(other)) << "nothing of it counts";
}

}  // namespace
}  // namespace unrig::analysis
