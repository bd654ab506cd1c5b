#include "stats/stopping.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace unrig::stats {
namespace {

/// `count` differences around 0, an even number, with standard deviation `deviation`.
std::vector<double> differences(std::size_t count, double deviation) {
  const auto n = static_cast<double>(count);
  const double step = deviation * std::sqrt((n - 1) / n);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(i % 2 == 0 ? step : -step);
  return values;
}

// By hand: t(9) at 3.5 % two-sided is 2.47985 (between 2.398 at 4 % and 2.574 at 3 %), so a
// deviation of 3 % gives +-2.3526 % on the log scale and of 2.5 % +-1.9605 %.
TEST(Stopping, StopsAtThePrecisionAsked) {
  EXPECT_FALSE(precise_enough(differences(10, 0.030), {.precision = 0.02}));
  EXPECT_TRUE(precise_enough(differences(10, 0.025), {.precision = 0.02}));
  EXPECT_TRUE(precise_enough(differences(10, 0.030), {.precision = 0.03}));
}

TEST(Stopping, NeverBeforeTheLeastNumberOfBlocks) {
  EXPECT_FALSE(precise_enough(differences(8, 1e-9), {}));
  EXPECT_TRUE(precise_enough(differences(10, 1e-9), {}));
  EXPECT_TRUE(precise_enough(differences(8, 1e-9), {.blocks_min = 5}));
}

TEST(Stopping, ALargeDifferenceIsNoReasonToStop) {
  std::vector<double> noisy = differences(10, 0.1);
  for (double& value : noisy) value += 2;
  EXPECT_FALSE(precise_enough(noisy, {}));
}

TEST(Stopping, DegenerateRows) {
  EXPECT_FALSE(precise_enough({}, {}));
  EXPECT_FALSE(precise_enough({}, {.blocks_min = 0}));
  EXPECT_FALSE(precise_enough(differences(2, 0), {.blocks_min = 0}));
  EXPECT_TRUE(precise_enough(differences(10, 0), {}));
}

TEST(Stopping, TheIntervalIsALittleWiderThanAFixedOne) {
  const std::vector<double> values = differences(10, 0.03);
  const Estimate e = sequential_ratio_interval(values);
  EXPECT_DOUBLE_EQ(e.confidence, 0.95);
  EXPECT_NEAR(std::log(e.high.value()), 2.47985 * 0.03 / std::sqrt(10.0), 2e-6);
  EXPECT_LT(e.low.value(), ratio_interval(values).low.value());
}

}  // namespace
}  // namespace unrig::stats
