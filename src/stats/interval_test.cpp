#include "stats/interval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "stats/blocks.h"

namespace unrig::stats {
namespace {

using Values = std::vector<double>;

// Percentage points of Student's t as every table prints them (NIST/SEMATECH e-Handbook 1.3.6.7.2).
TEST(StudentT, MatchesThePrintedTable) {
  EXPECT_NEAR(t_factor(0.95, 3), 4.303, 5e-4);
  EXPECT_NEAR(t_factor(0.95, 10), 2.262, 5e-4);
  EXPECT_NEAR(t_factor(0.99, 31), 2.750, 5e-4);
  EXPECT_NEAR(t_quantile(0.90, 5), 1.476, 5e-4);
}

// By hand: mean 3, s^2 = (4 + 1 + 0 + 1 + 4) / 4 = 2.5, t(4) = 2.776445.
TEST(MeanInterval, WorkedByHand) {
  const Estimate e = mean_interval(Values{1, 2, 3, 4, 5});
  EXPECT_DOUBLE_EQ(e.estimate, 3);
  ASSERT_TRUE(e.low && e.high);
  EXPECT_NEAR(*e.low, 3 - 2.776445 * std::sqrt(2.5 / 5), 1e-6);
  EXPECT_NEAR(*e.high, 3 + 2.776445 * std::sqrt(2.5 / 5), 1e-6);
  EXPECT_DOUBLE_EQ(e.confidence, 0.95);
}

// NIST/SEMATECH e-Handbook 1.3.5.2, data set ZARR13: N 195, mean 9.261460, s 0.022789, interval
// [9.258242, 9.264679]. Two values around the mean, in equal parts, with that very s.
TEST(MeanInterval, MatchesNistZarr13) {
  const double step = 0.022789;
  Values values{9.261460};
  for (int i = 0; i < 97; ++i) {
    values.push_back(9.261460 - step);
    values.push_back(9.261460 + step);
  }
  const Estimate e = mean_interval(values);
  EXPECT_NEAR(e.low.value(), 9.258242, 2e-6);
  EXPECT_NEAR(e.high.value(), 9.264679, 2e-6);
}

TEST(MeanInterval, FewerThanThreeValuesHaveNoInterval) {
  EXPECT_TRUE(std::isnan(mean_interval(Values{}).estimate));
  EXPECT_FALSE(mean_interval(Values{}).low);
  EXPECT_EQ(mean_interval(Values{7}).estimate, 7);
  EXPECT_FALSE(mean_interval(Values{7}).high);
  EXPECT_EQ(mean_interval(Values{7, 9}).estimate, 8);
  EXPECT_FALSE(mean_interval(Values{7, 9}).low);
  EXPECT_TRUE(mean_interval(Values{7, 9, 8}).low);
}

TEST(MeanInterval, WithoutSpreadIsAPoint) {
  const Estimate e = mean_interval(Values{4, 4, 4});
  EXPECT_EQ(e.estimate, 4);
  EXPECT_EQ(e.low, 4);
  EXPECT_EQ(e.high, 4);
}

// Differences ln 2, ln 2, ln 4, ln 4: mean 1.5 ln 2; s = 0.5 ln 2 * sqrt(4/3); t(3) = 3.182446.
TEST(RatioInterval, WorkedByHand) {
  const double ln2 = std::log(2.0);
  const Estimate e = ratio_interval(Values{ln2, ln2, 2 * ln2, 2 * ln2});
  const double half_width = 3.182446 * 0.5 * ln2 * std::sqrt(4.0 / 3.0) / 2;
  EXPECT_NEAR(e.estimate, 2 * std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(e.low.value(), std::exp(1.5 * ln2 - half_width), 1e-6);
  EXPECT_NEAR(e.high.value(), std::exp(1.5 * ln2 + half_width), 1e-6);
}

TEST(RatioInterval, TurnedRoundIsItsReciprocal) {
  const Estimate ab = ratio_interval(Values{0.1, 0.3, 0.2, 0.25}, 0.9);
  const Estimate ba = ratio_interval(Values{-0.1, -0.3, -0.2, -0.25}, 0.9);
  EXPECT_DOUBLE_EQ(ab.estimate * ba.estimate, 1);
  EXPECT_DOUBLE_EQ(ab.low.value() * ba.high.value(), 1);
  EXPECT_DOUBLE_EQ(ab.confidence, 0.9);
}

TEST(RatioInterval, DegenerateRows) {
  EXPECT_TRUE(std::isnan(ratio_interval(Values{}).estimate));
  EXPECT_EQ(ratio_interval(Values{0}).estimate, 1);
  EXPECT_FALSE(ratio_interval(Values{0}).low);
  EXPECT_EQ(ratio_interval(Values{0, 0, 0}).low, 1);
}

// Values 1, 10, 100: logs 0, 1, 2 in tens; s = 1, t(2) = 4.302653, so 10^(1 -+ 4.302653/sqrt 3).
TEST(PositiveInterval, WorkedByHandAndNeverNegative) {
  const Estimate e = positive_interval(Values{1, 10, 100});
  EXPECT_NEAR(e.estimate, 10, 1e-12);
  EXPECT_NEAR(std::log10(e.low.value()), 1 - 4.302653 / std::sqrt(3.0), 1e-6);
  EXPECT_NEAR(std::log10(e.high.value()), 1 + 4.302653 / std::sqrt(3.0), 1e-6);
  EXPECT_GT(e.low.value(), 0);
}

TEST(PositiveInterval, DegenerateRows) {
  EXPECT_TRUE(std::isnan(positive_interval(Values{}).estimate));
  EXPECT_NEAR(positive_interval(Values{5}).estimate, 5, 1e-12);
  EXPECT_FALSE(positive_interval(Values{5}).low);
  EXPECT_EQ(positive_interval(Values{5, 0, 5}).estimate, 0);
  EXPECT_FALSE(positive_interval(Values{5, 0, 5}).low);
}

// By hand: logarithms 1, 2, 3 and 0, 1, 2 differ by 1 with a squared error of 1/3 + 1/3 and 4
// degrees by Welch; against 0, 0, 0 the difference is 2, the squared error 1/3, and 2 degrees are
// left.
TEST(IndependentRatio, WorkedByHand) {
  const Values a{std::exp(1), std::exp(2), std::exp(3)};
  const Estimate both = independent_ratio_interval(a, Values{1, std::exp(1), std::exp(2)});
  EXPECT_NEAR(std::log(both.estimate), 1, 1e-12);
  EXPECT_NEAR(std::log(both.low.value()), 1 - 2.776445 * std::sqrt(2.0 / 3), 1e-6);
  EXPECT_NEAR(std::log(both.high.value()), 1 + 2.776445 * std::sqrt(2.0 / 3), 1e-6);
  const Estimate one = independent_ratio_interval(a, Values{1, 1, 1});
  EXPECT_NEAR(std::log(one.low.value()), 2 - 4.302653 / std::sqrt(3.0), 1e-6);
}

TEST(IndependentRatio, DegenerateRows) {
  EXPECT_TRUE(std::isnan(independent_ratio_interval(Values{}, Values{2}).estimate));
  EXPECT_NEAR(independent_ratio_interval(Values{6}, Values{3}).estimate, 2, 1e-12);
  EXPECT_FALSE(independent_ratio_interval(Values{6, 6, 6}, Values{3, 3}).low);
  EXPECT_NEAR(independent_ratio_interval(Values{6, 6, 6}, Values{3, 3, 3}).low.value(), 2, 1e-12);
}

// Mean 0.0075, skewness -0.3695265, t(7) = 2.364624; Hall's formula typed in by itself gives these
// ends, where Student's are -0.006454 … 0.021454: the slow trial may not have been the slowest.
TEST(BlockRatio, FollowsTheSkewness) {
  const Values logs{0.01, 0.02, 0.0, 0.03, 0.01, -0.01, 0.02, -0.02};
  const Estimate ratio = block_ratio_interval(logs, {});
  EXPECT_NEAR(std::log(ratio.estimate), 0.0075, 1e-12);
  EXPECT_NEAR(std::log(ratio.low.value()), -0.008367694167027947, 1e-9);
  EXPECT_NEAR(std::log(ratio.high.value()), 0.02011432761634568, 1e-9);
  const Estimate few = block_ratio_interval(std::span(logs).last(4), {});
  EXPECT_NEAR(few.low.value(), ratio_interval(std::span(logs).last(4)).low.value(), 1e-12)
      << "too few to see a skewness";
}

// Mean -0.015, Student's reach 0.0633550. Hall's formula would reach 3.28 times as far down, and
// 0.66 times as far up.
TEST(BlockRatio, AnOutlierDoesNotReachWithoutBound) {
  const Values logs{0.01, 0.02, 0.0, 0.03, 0.01, -0.01, 0.02, -0.20};
  const Estimate ratio = block_ratio_interval(logs, {});
  EXPECT_NEAR(std::log(ratio.low.value()), -0.015 - 1.5 * 0.0633550375180382, 1e-9);
  EXPECT_NEAR(std::log(ratio.high.value()), -0.015 + 0.9 * 0.0633550375180382, 1e-9);
  Values turned;
  for (const double log : logs) turned.push_back(-log);
  EXPECT_NEAR(block_ratio_interval(turned, {}).high.value(), 1 / *ratio.low, 1e-9);
}

TEST(BlockRatio, OfSymmetricDifferencesIsStudents) {
  const Values logs{-0.3, -0.2, -0.1, 0, 0, 0.1, 0.2, 0.3};
  EXPECT_NEAR(block_ratio_interval(logs, {}).low.value(), ratio_interval(logs).low.value(), 1e-9);
  const Values few{0.1, 0.2, 0.4};
  EXPECT_EQ(block_ratio_interval(few, {}).high.value(), ratio_interval(few).high.value());
  EXPECT_FALSE(block_ratio_interval(Values{1, 2}, {}).low);
  EXPECT_TRUE(std::isnan(block_ratio_interval(Values{}, {}).estimate));
}

// By hand: 50 requests may have been 49 to 51 but for chance: ln(50/49) = 0.020203 to either side.
TEST(BlockRatio, HoldsTheErrorOfCounting) {
  const Estimate ratio = block_ratio_interval(Values{0, 0, 0}, {.counting = counting_error_of(50)});
  EXPECT_NEAR(ratio.low.value(), 0.98, 1e-12);
  EXPECT_NEAR(ratio.high.value(), 1 / 0.98, 1e-12);
  EXPECT_FALSE(block_ratio_interval(Values{0, 0, 0}, {.counting = counting_error_of(1)}).low);
}

// Four trials of an autoregression of 0.5: 1.78705 standard errors (see neighbours_test.cpp).
TEST(BlockRatio, IsWiderWhereTrialsResembleTheirNeighbours) {
  const Values logs{-0.1, 0.1, -0.1, 0.1};
  const double plain = std::log(ratio_interval(logs).high.value());
  EXPECT_NEAR(std::log(block_ratio_interval(logs, {.correlation = 0.5}).high.value()),
              1.7870501915438117 * plain, 1e-9);
  EXPECT_NEAR(std::log(independent_ratio_interval(Values{1, 2, 1, 2}, Values{1, 1, 1, 1}, 0.95,
                                                  {.correlation = 0.5})
                           .high.value()) -
                  std::log(2) / 2,
              1.7870501915438117 * 3.182446 * std::log(2) / std::sqrt(12.0), 1e-6);
}

// Ends where |mean(a - ratio b)| is t(9) = 2.262157 standard errors; found by scipy 1.17 with
// brentq.
TEST(Fieller, OfFiguresCountedTogether) {
  const Values a{20, 22, 21, 19, 23, 20, 22, 21, 20, 24};
  const Values b{10, 11, 10, 10, 11, 9, 11, 10, 10, 12};
  const Estimate ratio = paired_ratio_of_means_interval(a, b);
  EXPECT_NEAR(ratio.estimate, 212.0 / 104, 1e-12);
  EXPECT_NEAR(ratio.low.value(), 1.9808987103779967, 1e-9);
  EXPECT_NEAR(ratio.high.value(), 2.0990269034966573, 1e-9);
  EXPECT_EQ(paired_ratio_of_means_interval(Values{4, 4, 4}, Values{2, 2, 2}).high, 2);
  EXPECT_FALSE(paired_ratio_of_means_interval(Values{4, 4}, Values{2, 2}).low);
  EXPECT_FALSE(paired_ratio_of_means_interval(Values{4, 4, 4}, Values{-1, 0, 2}).low);
}

TEST(RelativeHalfWidth, IsHowFarTheRatioReaches) {
  EXPECT_NEAR(relative_half_width({.estimate = 2, .low = 2 / 1.02, .high = 2 * 1.02}).value(), 0.02,
              1e-12);
  EXPECT_FALSE(relative_half_width({.estimate = 2}));
  EXPECT_FALSE(relative_half_width({.estimate = 1, .low = -1, .high = 3}));
}

}  // namespace
}  // namespace unrig::stats
