#include "stats/rank_chances.h"

#include <gtest/gtest.h>

#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "stats/interval.h"

namespace unrig::stats {
namespace {

BlockTable table_of(const std::vector<std::vector<double>>& stacks) {
  BlockTable table(stacks.size(), stacks.front().size());
  for (std::size_t stack = 0; stack < stacks.size(); ++stack) {
    for (std::size_t block = 0; block < stacks[stack].size(); ++block) {
      if (stacks[stack][block] > 0) table.set(block, stack, stacks[stack][block]);
    }
  }
  return table;
}

TEST(RankChances, OfTwoAreStudentsT) {
  // What a block does to both (here up to a factor of two) is no part of it.
  const BlockTable table = table_of({{100, 205, 148, 121}, {98, 199, 151, 115}});
  const auto differences = table.log_differences(0, 1);
  const double t = mean(differences) / (standard_deviation(differences) / 2);
  const double above = boost::math::cdf(boost::math::students_t(3), t);
  RandomStream random(1, "test");
  const auto chances = rank_chances(table, random, {.draws = 40'000});
  EXPECT_NEAR(chances[0][0], above, 0.01);
  EXPECT_NEAR(chances[1][0], 1 - above, 0.01);
  EXPECT_EQ(chances[0][1], 1);
}

TEST(RankChances, OfEqualsAreEqual) {
  const BlockTable table = table_of({{10, 11, 12, 11}, {11, 12, 11, 10}, {12, 10, 10, 12}});
  RandomStream random(2, "test");
  const auto chances = rank_chances(table, random);
  double first = 0;
  for (const auto& list : chances) first += list[0];
  EXPECT_NEAR(first, 1, 1e-9);
}

TEST(RankChances, GrowLessSureWithWhatNeighboursHaveInCommon) {
  const BlockTable table = table_of({{100, 104, 99, 106, 103}, {98, 101, 100, 101, 99}});
  RandomStream one(3, "test"), two(3, "test");
  const auto alone = rank_chances(table, one);
  const auto alike = rank_chances(table, two, {.correlation = 0.6});
  EXPECT_GT(alone[0][0], alike[0][0] + 0.02);
}

TEST(RankChances, WithoutTrialsEnoughThereAreNone) {
  const BlockTable table = table_of({{100, 101, 102}, {0, 90, 91}, {50, 51, 50}});
  RandomStream random(4, "test");
  const auto chances = rank_chances(table, random);
  EXPECT_TRUE(chances[1].empty());
  ASSERT_EQ(chances[0].size(), 2u);
  EXPECT_GT(chances[0][0], 0.99);
  EXPECT_LT(chances[2][0], 0.01);
  EXPECT_EQ(chances[2][1], 1);
}

TEST(RankChances, AreThoseOfTheLevelsAlsoWhereATrialIsMissing) {
  // The second one missed the slow block, and is not lifted by that.
  const BlockTable table = table_of({{100, 50, 101, 99}, {90, 0, 91, 89}});
  RandomStream random(5, "test");
  EXPECT_GT(rank_chances(table, random)[0][0], 0.99);
}

}  // namespace
}  // namespace unrig::stats
