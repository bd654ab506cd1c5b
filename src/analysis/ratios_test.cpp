#include "analysis/ratios.h"

#include <gtest/gtest.h>

#include <cmath>

namespace unrig::analysis {
namespace {

void add(record::Run& run, const std::string& label, int block, record::Purpose purpose,
         double throughput) {
  record::Trial trial;
  trial.label = label;
  trial.block = block;
  trial.purpose = purpose;
  trial.throughput_per_s = throughput;
  run.trials.push_back(trial);
}

/// Three cells, three blocks of each kind, in which "a" over "b" is 1.1, give or take 1 %.
record::Run planned_and_fresh() {
  record::Run run;
  run.manifest.blocks = 3;
  for (const char* label : {"b", "a", "c"}) {
    run.manifest.cells.push_back({.stack = label, .label = label});
  }
  run.manifest.baseline = "b";
  const double logs[] = {-0.01, 0, 0.01};
  for (int block = 1; block <= 6; ++block) {
    const auto purpose = block <= 3 ? record::Purpose::planned : record::Purpose::confirmation;
    add(run, "b", block, purpose, 1000);
    add(run, "a", block, purpose, 1100 * std::exp(logs[(block - 1) % 3]));
    add(run, "c", block, purpose, 900 * std::exp(logs[block % 3]));
  }
  return run;
}

double reach(const record::Run& run, Blocks blocks) {
  const auto ratio = Ratios(run, throughput, blocks).of("a", "b");
  EXPECT_EQ(ratio.confidence, 0.95);
  return std::log(ratio.high.value() / ratio.estimate);
}

// Three values with a standard deviation of 0.01: t at 2 degrees is 4.302653 at 5 % and 5.203877 at
// 3.5 % (scipy 1.17).
TEST(Ratios, AllowForBlocksWhoseNumberFollowed) {
  record::Run run = planned_and_fresh();
  const double unit = 0.01 / std::sqrt(3.0);
  EXPECT_NEAR(reach(run, Blocks::table), 4.302653 * unit, 1e-7);
  EXPECT_NEAR(reach(run, Blocks::fresh), 4.302653 * unit, 1e-7) << "of an older run";
  run.manifest.confirmation_blocks = 10;
  EXPECT_NEAR(reach(run, Blocks::table), 4.302653 * unit, 1e-7);
  EXPECT_NEAR(reach(run, Blocks::fresh), 5.203877 * unit, 1e-7);
  run.manifest.blocks = 0;
  EXPECT_NEAR(reach(run, Blocks::table), 5.203877 * unit, 1e-7);
}

TEST(Ratios, SoDoRanksAndWhatHoldsTogether) {
  record::Run run = planned_and_fresh();
  const auto widths = [&] {
    const Ratios ratios(run, throughput);
    return std::pair(ratios.all_pairs({0, 1, 2})[0].ratio.high.value(),
                     ratios.together({1, 2}, 0)[0].high.value());
  };
  const auto planned = widths();
  run.manifest.blocks = 0;
  const auto followed = widths();
  EXPECT_GT(followed.first, planned.first);
  EXPECT_GT(followed.second, planned.second);
}

}  // namespace
}  // namespace unrig::analysis
