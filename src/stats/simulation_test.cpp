// The promises that the statistics make, kept on simulated experiments: drift from block to block,
// lognormal noise, fixed seeds. Where the build is not optimised there are fewer experiments and
// the bounds leave room for their number; a broken method still falls far outside.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "stats/pairs.h"
#include "stats/standing.h"
#include "stats/stopping.h"

namespace unrig::stats {
namespace {

#ifdef NDEBUG
constexpr int shrink = 1;
#else
constexpr int shrink = 20;
#endif

/// Room for chance in a share of `count` experiments: three standard errors where the count is cut
/// down; none in the full count, whose seed is fixed and which has to keep the promise itself.
double room(double share, int count) {
  return shrink == 1 ? 0 : 3 * std::sqrt(share * (1 - share) / count);
}

constexpr double noise = 0.03;  // of one trial

/// One more block: trials of stacks with these log effects, all drifted by the same amount.
std::vector<double> block_logs(std::span<const double> effects, double& drift,
                               RandomStream& random) {
  drift += 0.05 * random.normal();
  std::vector<double> logs;
  for (const double effect : effects) logs.push_back(effect + drift + noise * random.normal());
  return logs;
}

BlockTable experiment(std::span<const double> effects, std::size_t blocks, RandomStream& random) {
  BlockTable table(effects.size(), blocks);
  double drift = 0;
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::vector<double> logs = block_logs(effects, drift, random);
    for (std::size_t stack = 0; stack < logs.size(); ++stack) {
      table.set(block, stack, std::exp(logs[stack]));
    }
  }
  return table;
}

TEST(Simulation, TheIntervalCoversWithTheStoppingRuleOn) {
  constexpr int experiments = 20'000 / shrink;
  constexpr std::size_t blocks_max = 120;
  const double effects[] = {std::log(1.3), 0.0};
  RandomStream random(31, "coverage");
  int covered = 0;
  for (int i = 0; i < experiments; ++i) {
    std::vector<double> differences;
    double drift = 0;
    while (differences.size() < blocks_max && !precise_enough(differences, {})) {
      const std::vector<double> logs = block_logs(effects, drift, random);
      differences.push_back(logs[0] - logs[1]);
    }
    const Estimate ratio = sequential_ratio_interval(differences);
    covered += *ratio.low <= 1.3 && 1.3 <= *ratio.high ? 1 : 0;
  }
  const double share = static_cast<double>(covered) / experiments;
  RecordProperty("coverage", std::to_string(share));
  EXPECT_GE(share, 0.93 - room(0.93, experiments));
  EXPECT_LE(share, 0.97 + room(0.97, experiments));
}

// What the rule guards against: looking after every block and stopping at the first interval that
// leaves out 1. The stacks are equal, so an interval covers if it holds 1.
TEST(Simulation, StoppingAtADifferenceWouldNotCover) {
  constexpr int experiments = 20'000 / shrink;
  constexpr std::size_t blocks_max = 120;
  const double effects[] = {0.0, 0.0};
  RandomStream random(36, "peeking");
  int covered = 0;
  for (int i = 0; i < experiments; ++i) {
    std::vector<double> differences;
    double drift = 0;
    Estimate ratio{.estimate = 1};
    const auto holds_one = [&] { return !ratio.low || (*ratio.low <= 1 && 1 <= *ratio.high); };
    while (differences.size() < blocks_max && holds_one()) {
      const std::vector<double> logs = block_logs(effects, drift, random);
      differences.push_back(logs[0] - logs[1]);
      ratio = ratio_interval(differences);
    }
    covered += holds_one() ? 1 : 0;
  }
  const double share = static_cast<double>(covered) / experiments;
  RecordProperty("coverage_of_peeking", std::to_string(share));
  EXPECT_LT(share, 0.75);
}

class FalseDifferences : public testing::TestWithParam<std::size_t> {};

TEST_P(FalseDifferences, AreFoundInAtMostFivePercentOfExperiments) {
  // As many as it takes to tell 4.5 % (10,000 experiments give 4.3 to 4.6 %) from 5 %.
  constexpr int experiments = 4'000 / shrink;
  const std::vector<double> effects(21, 0.0);
  RandomStream random(32, "false differences");
  int with_any = 0;
  for (int i = 0; i < experiments; ++i) {
    const BlockTable table = experiment(effects, GetParam(), random);
    const std::vector<Pair> pairs = compare_pairs(table, random, {.resamples = 499});
    with_any += std::ranges::any_of(pairs, &Pair::differs) ? 1 : 0;
  }
  const double share = static_cast<double>(with_any) / experiments;
  RecordProperty("false_differences", std::to_string(share));
  EXPECT_LE(share, 0.05 + room(0.05, experiments));
}
INSTANTIATE_TEST_SUITE_P(Blocks, FalseDifferences, testing::Values(5, 10, 30));

TEST(Simulation, APlantedSlowdownAmongManyStacksIsFound) {
  constexpr int experiments = 1'000 / shrink;
  std::vector<double> effects(21, 0.0);
  effects[20] = -std::log(1.05);
  RandomStream random(33, "planted");
  int found = 0;
  for (int i = 0; i < experiments; ++i) {
    const BlockTable table = experiment(effects, 30, random);
    const std::vector<Pair> pairs = compare_pairs(table, random, {.resamples = 499});
    const Pair& planted = pairs[19];  // (0, 20)
    ASSERT_EQ(planted.b, 20U);
    found += planted.differs && planted.ratio.estimate > 1 ? 1 : 0;
  }
  const double share = static_cast<double>(found) / experiments;
  RecordProperty("found", std::to_string(share));
  EXPECT_GE(share, 0.95 - room(0.95, experiments));
}

TEST(Simulation, APlantedSlowdownOfOneStackIsFoundSlower) {
  constexpr int experiments = 20'000 / shrink;
  const double effects[] = {-std::log(1.05), 0.0};
  RandomStream random(34, "verdict");
  int slower = 0;
  int faster = 0;
  for (int i = 0; i < experiments; ++i) {
    const std::vector<double> differences = experiment(effects, 30, random).log_differences(0, 1);
    const Standing found = standing(ratio_interval(differences), 0.02);
    slower += found == Standing::slower ? 1 : 0;
    faster += found == Standing::faster ? 1 : 0;
  }
  RecordProperty("slower", std::to_string(static_cast<double>(slower) / experiments));
  EXPECT_GE(static_cast<double>(slower) / experiments, 0.95 - room(0.95, experiments));
  EXPECT_EQ(faster, 0);
}

}  // namespace
}  // namespace unrig::stats
