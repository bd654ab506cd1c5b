#include "stats/noise_floor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace unrig::stats {
namespace {

using Values = std::vector<double>;

// Differences 0.01, 0.03, 0.05: s = 0.02, one trial 0.02 / sqrt 2 = 0.0141421; a lognormal with
// that deviation has the relative deviation sqrt(exp(0.0002) - 1) = 0.0141428.
TEST(NoiseFloor, WorkedByHand) {
  const NoiseFloor floor = noise_floor(Values{0.01, 0.03, 0.05});
  EXPECT_NEAR(floor.trial_spread, 0.0141428, 1e-7);
  EXPECT_NEAR(floor.ratio.estimate, std::exp(0.03), 1e-12);
  // t(2) = 4.302653
  EXPECT_NEAR(std::log(floor.ratio.low.value()), 0.03 - 4.302653 * 0.02 / std::sqrt(3.0), 1e-7);
}

TEST(NoiseFloor, DegenerateRows) {
  EXPECT_EQ(noise_floor({}).trial_spread, 0);
  EXPECT_FALSE(noise_floor({}).ratio.low);
  EXPECT_EQ(noise_floor(Values{0.1}).trial_spread, 0);
  const NoiseFloor silent = noise_floor(Values{0, 0, 0});
  EXPECT_EQ(silent.trial_spread, 0);
  EXPECT_EQ(silent.ratio.low, 1);
}

}  // namespace
}  // namespace unrig::stats
