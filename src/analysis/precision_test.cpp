#include "analysis/precision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::analysis {
namespace {

using ::testing::HasSubstr;

/// `count` log differences, even, around `mean` with a standard deviation of about `step`.
std::vector<double> around(double mean, double step, std::size_t count) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(mean + (i % 2 == 0 ? step : -step));
  return values;
}

record::Run run_with(int fresh) {
  record::Run run;
  run.manifest.run = "20261126-100000-0001";
  for (int block = 1; block <= 3 + fresh; ++block) {
    record::Trial trial;
    trial.block = block;
    trial.purpose = block <= 3 ? record::Purpose::planned : record::Purpose::confirmation;
    run.trials.push_back(trial);
  }
  return run;
}

// By hand: the standard deviation of +-0.04 in ten values is 0.04 sqrt(10/9) = 0.04216. Student's t
// at 3.5 % is 2.185 at 27 degrees of freedom, so 28 blocks give 2.22 * 0.04216 / sqrt(28) = 0.0177
// and 22 give 2.25 * 0.04216 / sqrt(22) = 0.0202: a difference of 0.02 takes 23.
TEST(Precision, NamesTheBlocksThatADifferenceTakes) {
  EXPECT_EQ(blocks_to_decide(around(0.02, 0.04, 10), 0, 200), 23u);
  EXPECT_EQ(blocks_to_decide(around(-0.02, 0.04, 10), 0, 200), 23u);
  EXPECT_EQ(blocks_to_decide(around(0.10, 0.04, 10), 0, 200), 10u) << "they decide it";
  EXPECT_FALSE(blocks_to_decide(around(0.0001, 0.04, 10), 0, 200));
}

TEST(Precision, EqualWithinTheMarginIsADecision) {
  EXPECT_FALSE(blocks_to_decide(around(0, 0.04, 10), 0, 200));
  const auto needed = blocks_to_decide(around(0, 0.04, 10), 0.02, 200);
  ASSERT_TRUE(needed);
  EXPECT_GT(*needed, 20u);
  EXPECT_LT(*needed, 30u);
}

TEST(Precision, WhatItTakesCanBeTyped) {
  const record::Run run = run_with(10);
  EXPECT_EQ(what_it_takes(run, around(0.02, 0.04, 10)),
            "About 13 more would tell, if they are like these: "
            "unrig run --resume 20261126-100000-0001 --confirm 23.");
  EXPECT_EQ(what_it_takes(run, around(0.10, 0.04, 10)), "");
  EXPECT_EQ(what_it_takes(run, {}), "");
  EXPECT_THAT(what_it_takes(run, around(0.0001, 0.2, 10)), HasSubstr("Not even 200"));
}

// A fresh block that was disturbed has no difference, but --confirm counts it.
TEST(Precision, CountsTheBlocksThatSaidNothing) {
  EXPECT_THAT(what_it_takes(run_with(12), around(0.02, 0.04, 10)), HasSubstr("--confirm 25."));
}

}  // namespace
}  // namespace unrig::analysis
