#include "stats/two_way.h"

#include <gtest/gtest.h>

#include <cmath>

namespace unrig::stats {
namespace {

void set_log(BlockTable& table, std::size_t block, std::size_t stack, double logarithm) {
  table.set(block, stack, std::exp(logarithm));
}

// Worked by hand. Two stacks, three blocks, differences 1, 2, 3: effects +1 and -1. Residuals are
// half the deviations of the differences (-1, 0, 1) in either stack, so their squares sum to
// 2 * (0.25 + 0.25) = 1 with (2 - 1) * (3 - 1) = 2 degrees of freedom. The variance of the
// difference is 2 * 0.5 / 3, the same as s^2 / n of the differences: 1 / 3.
TEST(TwoWayFit, WithoutGapsIsThePairedRatio) {
  BlockTable table(2, 3);
  for (std::size_t block = 0; block < 3; ++block) {
    const auto b = static_cast<double>(block);
    set_log(table, block, 0, 10 * b + 1 + b);
    set_log(table, block, 1, 10 * b);
  }
  const TwoWayFit fit(table);
  EXPECT_NEAR(fit.stack_effects()[0], 1, 1e-12);
  EXPECT_NEAR(fit.stack_effects()[1], -1, 1e-12);
  EXPECT_EQ(fit.degrees_of_freedom(), 2U);
  EXPECT_NEAR(fit.residual_deviation(), std::sqrt(0.5), 1e-12);
  const Estimate paired = ratio_interval(table.log_differences(0, 1));
  EXPECT_NEAR(fit.ratio(0, 1).estimate, paired.estimate, 1e-9);
  EXPECT_NEAR(fit.ratio(0, 1).low.value(), paired.low.value(), 1e-9);
  EXPECT_NEAR(fit.ratio(0, 1).high.value() / paired.high.value(), 1, 1e-9);
}

// Worked by hand: stack means 1.5, 2 and 5.5 around 3; residuals -0.5, 0, 0.5 in the first block
// and the opposite in the second, so sigma^2 = 1 / 2 on (3 - 1)(2 - 1) = 2 degrees of freedom, and
// the variance of a difference 0.5 * 2 / 2. t(2) = 4.302653.
TEST(TwoWayFit, ThreeStacksWorkedByHand) {
  BlockTable table(3, 2);
  const double logs[2][3] = {{1, 2, 6}, {2, 2, 5}};
  for (std::size_t block = 0; block < 2; ++block) {
    for (std::size_t stack = 0; stack < 3; ++stack)
      set_log(table, block, stack, logs[block][stack]);
  }
  const TwoWayFit fit(table);
  EXPECT_NEAR(fit.stack_effects()[0], -1.5, 1e-12);
  EXPECT_NEAR(fit.stack_effects()[1], -1, 1e-12);
  EXPECT_NEAR(fit.stack_effects()[2], 2.5, 1e-12);
  EXPECT_EQ(fit.degrees_of_freedom(), 2U);
  EXPECT_NEAR(fit.residual_deviation(), std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(std::log(fit.ratio(2, 0).low.value()), 4 - 4.302653 * std::sqrt(0.5), 1e-6);
}

// Worked by hand. Stacks 0 and 1 meet in block 0, stacks 1 and 2 in block 1, never 0 and 2:
// ln(0/2) = 0.3 + 0.4. Four trials, two blocks, two effects: nothing left for an interval.
TEST(TwoWayFit, ComparesThroughACommonStack) {
  BlockTable table(3, 2);
  set_log(table, 0, 0, 5.3);
  set_log(table, 0, 1, 5.0);
  set_log(table, 1, 1, 8.4);
  set_log(table, 1, 2, 8.0);
  const TwoWayFit fit(table);
  EXPECT_NEAR(fit.ratio(0, 2).estimate, std::exp(0.7), 1e-9);
  EXPECT_EQ(fit.degrees_of_freedom(), 0U);
  EXPECT_FALSE(fit.ratio(0, 2).low);
}

// A stack that left after block 1 is not blamed for the slow blocks that the others went through.
TEST(TwoWayFit, AStackThatLeftKeepsItsPlace) {
  BlockTable table(4, 6);
  for (std::size_t block = 0; block < 6; ++block) {
    const double drift = block < 2 ? 0 : -0.5;
    set_log(table, block, 0, 1.0 + drift);
    set_log(table, block, 1, 0.8 + drift);
    if (block < 2) set_log(table, block, 2, 0.9 + drift);
    set_log(table, block, 3, 0.2 + drift);
  }
  const TwoWayFit fit(table);
  EXPECT_NEAR(fit.ratio(2, 0).estimate, std::exp(-0.1), 1e-9);
  EXPECT_NEAR(fit.ratio(0, 3).estimate, std::exp(0.8), 1e-9);
  EXPECT_NEAR(fit.ratio(2, 1).estimate, std::exp(0.1), 1e-9);
  EXPECT_EQ(fit.degrees_of_freedom(), 20U - 6U - 3U);
  EXPECT_NEAR(fit.residual_deviation(), 0, 1e-9);
}

// Worked by hand. 0 and 1 meet in three blocks with differences 1, 2, 3; 1 and 2 in three others
// with -1, 0, 1. Either set leaves residual squares of half its squared deviations, 2 / 2, so
// sigma^2 = (1 + 1) / 4, and Var(0 - 2) = sigma^2 * (2/3 + 2/3) = 2/3. t(4) = 2.776445.
TEST(TwoWayFit, TheIntervalThroughACommonStackAddsBothVariances) {
  BlockTable table(3, 6);
  for (std::size_t block = 0; block < 3; ++block) {
    const auto b = static_cast<double>(block);
    set_log(table, block, 0, 1 + b);
    set_log(table, block, 1, 0);
    set_log(table, 3 + block, 1, b - 1 + 7 * b);
    set_log(table, 3 + block, 2, 7 * b);
  }
  const TwoWayFit fit(table);
  EXPECT_EQ(fit.degrees_of_freedom(), 4U);
  const Estimate ratio = fit.ratio(0, 2);
  EXPECT_NEAR(std::log(ratio.estimate), 2, 1e-9);
  EXPECT_NEAR(std::log(ratio.low.value()), 2 - 2.776445 * std::sqrt(2.0 / 3.0), 1e-6);
  EXPECT_NEAR(std::log(ratio.high.value()), 2 + 2.776445 * std::sqrt(2.0 / 3.0), 1e-6);
}

TEST(TwoWayFit, RatiosAreConsistent) {
  BlockTable table(3, 3);
  const double values[3][3] = {{1.0, 2.0, 3.5}, {1.5, 2.0, 3.0}, {0.5, 9, 2.75}};
  for (std::size_t block = 0; block < 3; ++block) {
    for (std::size_t stack = 0; stack < 3; ++stack) {
      if (block != 2 || stack != 1) set_log(table, block, stack, values[block][stack]);
    }
  }
  const TwoWayFit fit(table);
  EXPECT_NEAR(fit.ratio(0, 1).estimate * fit.ratio(1, 2).estimate, fit.ratio(0, 2).estimate, 1e-9);
  EXPECT_NEAR(fit.ratio(0, 2).estimate * fit.ratio(2, 0).estimate, 1, 1e-9);
}

TEST(TwoWayFit, DegenerateRows) {
  const TwoWayFit nothing(BlockTable(2, 0));
  EXPECT_TRUE(std::isnan(nothing.ratio(0, 1).estimate));
  EXPECT_EQ(nothing.stack_effects()[0], 0);

  BlockTable strangers(3, 2);  // 0 and 1 never met; 2 was never measured
  set_log(strangers, 0, 0, 1);
  set_log(strangers, 1, 1, 2);
  const TwoWayFit fit(strangers);
  EXPECT_TRUE(std::isnan(fit.ratio(0, 1).estimate));
  EXPECT_TRUE(std::isnan(fit.ratio(0, 2).estimate));
  EXPECT_EQ(fit.degrees_of_freedom(), 0U);

  BlockTable flat(2, 3);
  for (std::size_t block = 0; block < 3; ++block) {
    set_log(flat, block, 0, 0);
    set_log(flat, block, 1, 0);
  }
  EXPECT_NEAR(TwoWayFit(flat).ratio(0, 1).low.value(), 1, 1e-12);
}

}  // namespace
}  // namespace unrig::stats
