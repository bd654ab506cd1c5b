#include "stats/proportion.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace unrig::stats {
namespace {

using Parts = std::vector<Part>;

TEST(Share, WithoutAHitReachesAsFarAsChance) {
  const Estimate share = share_interval(Parts{{0, 400}, {0, 300}, {0, 300}});
  EXPECT_EQ(share.estimate, 0);
  EXPECT_EQ(*share.low, 0);
  EXPECT_NEAR(*share.high, 1 - std::pow(0.025, 1.0 / 1000), 1e-12);
}

TEST(Share, OfEvenPartsIsClopperAndPearsons) {
  // The binomial's tails of 0.025, found by halving.
  const Estimate share = share_interval(Parts{{10, 100}, {10, 100}, {10, 100}});
  EXPECT_DOUBLE_EQ(share.estimate, 0.1);
  EXPECT_NEAR(*share.low, 0.06849168447, 1e-9);
  EXPECT_NEAR(*share.high, 0.13967330736, 1e-9);
  EXPECT_LT(*share_interval(Parts{{10, 100}, {10, 100}, {10, 100}}, 0.99).low, *share.low);
}

TEST(Share, OfBurstsIsAsWideAsTheyAre) {
  // Shares 0, 0.01, 0.02: mean 0.01, deviation 0.01, t(0.975, 2) = 4.302653.
  const Estimate share = share_interval(Parts{{0, 10'000}, {100, 10'000}, {200, 10'000}});
  EXPECT_DOUBLE_EQ(share.estimate, 0.01);
  EXPECT_EQ(*share.low, 0) << "and not below";
  EXPECT_NEAR(*share.high, 0.01 + 4.302653 * 0.01 / std::sqrt(3), 1e-8);
}

TEST(Share, OfEverythingEndsAtOne) {
  const Estimate share = share_interval(Parts{{5, 5}, {5, 5}, {5, 5}});
  EXPECT_EQ(share.estimate, 1);
  EXPECT_EQ(*share.high, 1);
  EXPECT_NEAR(*share.low, std::pow(0.025, 1.0 / 15), 1e-12);
}

TEST(Share, OfFewPartsHasNoInterval) {
  EXPECT_TRUE(std::isnan(share_interval({}).estimate));
  const Estimate share = share_interval(Parts{{1, 10}, {0, 0}, {1, 10}});
  EXPECT_DOUBLE_EQ(share.estimate, 0.1);
  EXPECT_FALSE(share.low) << "a part of nothing is none";
}

}  // namespace
}  // namespace unrig::stats
