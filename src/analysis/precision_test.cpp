#include "analysis/precision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

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
  EXPECT_EQ(blocks_to_decide(around(0.02, 0.04, 10), 0, 200, 0.965), 23u);
  EXPECT_EQ(blocks_to_decide(around(-0.02, 0.04, 10), 0, 200, 0.965), 23u);
  EXPECT_EQ(blocks_to_decide(around(0.10, 0.04, 10), 0, 200, 0.965), 10u) << "they decide it";
  EXPECT_FALSE(blocks_to_decide(around(0.0001, 0.04, 10), 0, 200, 0.965));
}

TEST(Precision, EqualWithinTheMarginIsADecision) {
  EXPECT_FALSE(blocks_to_decide(around(0, 0.04, 10), 0, 200, 0.965));
  const auto needed = blocks_to_decide(around(0, 0.04, 10), 0.02, 200, 0.965);
  ASSERT_TRUE(needed);
  EXPECT_GT(*needed, 20u);
  EXPECT_LT(*needed, 30u);
}

TEST(Precision, WhatItTakesCanBeTyped) {
  const record::Run run = run_with(10);
  EXPECT_EQ(what_it_takes(run, around(0.02, 0.04, 10)),
            "About 13 more would tell, if they are like these: "
            "unrig run --resume 20261126-100000-0001 --fresh-blocks 23.");
  EXPECT_EQ(what_it_takes(run, around(0.10, 0.04, 10)), "");
  EXPECT_EQ(what_it_takes(run_with(0), {}), "") << "none was asked for";
  EXPECT_EQ(what_it_takes(run, around(0.10, 0.04, 2)),
            "Both sides must count in 1 more fresh block: "
            "unrig run --resume 20261126-100000-0001 --fresh-blocks 11.");
  EXPECT_THAT(what_it_takes(run, around(0.0001, 0.2, 10)), HasSubstr("Not even 200"));
}

/// Beside "a", which never changes: "b" by these logarithms, and "c" by noise around none.
record::Run beside_a(const std::vector<double>& logs) {
  record::Run run;
  for (const char* label : {"a", "b", "c"}) run.manifest.cells.push_back({.label = label});
  for (std::size_t i = 0; i < logs.size(); ++i) {
    for (const char* label : {"a", "b", "c"}) {
      record::Trial trial;
      trial.label = label;
      trial.block = static_cast<int>(i) + 1;
      const double noise = i % 2 == 0 ? 0.01 : -0.02;
      trial.throughput_per_s = 1000 * std::exp(label[0] == 'b'   ? logs[i]
                                               : label[0] == 'c' ? noise
                                                                 : 0);
      run.trials.push_back(trial);
    }
  }
  return run;
}

// By hand: the mean is 0.02 and the standard deviation 0.03; t for one pair of the two that are
// ranked, 5 %, is 2.201 at 11 degrees: 12 blocks give 0.0191, 11 give 0.0202.
TEST(Precision, NamesTheBlocksThatOthersTake) {
  const record::Run run = beside_a({-0.05, -0.02, 0.01});
  const std::vector<std::string> b{"b"}, c{"c"}, both{"b", "c"};
  EXPECT_EQ(
      what_the_others_take(run, "a", b, 2),
      "b may be the fastest, too; about 12 planned blocks would tell, if they are like these: "
      "the same command with --blocks 12.");
  EXPECT_THAT(what_the_others_take(run, "a", b, 3), HasSubstr("--blocks 17")) << "three pairs";
  EXPECT_EQ(what_the_others_take(run, "a", c, 2),
            "Not even 200 planned blocks would tell c from a.");
  EXPECT_THAT(what_the_others_take(run, "a", both, 2), HasSubstr("12. Not even 200"));
  EXPECT_EQ(what_the_others_take(run, "a", {}, 2), "");
  EXPECT_EQ(what_the_others_take(beside_a({-0.05, 0.01}), "a", b, 2), "") << "too few to judge by";
}

// A fresh block that was disturbed has no difference, but --fresh-blocks counts it.
TEST(Precision, CountsTheBlocksThatSaidNothing) {
  EXPECT_THAT(what_it_takes(run_with(12), around(0.02, 0.04, 10)), HasSubstr("--fresh-blocks 25."));
}

}  // namespace
}  // namespace unrig::analysis
