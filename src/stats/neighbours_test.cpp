#include "stats/neighbours.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace unrig::stats {
namespace {

/// A steady stack, and one whose logarithm takes these values; both drift with the block.
BlockTable beside_a_steady_one(const std::vector<double>& logs) {
  BlockTable table(2, logs.size());
  for (std::size_t block = 0; block < logs.size(); ++block) {
    const double drift = std::exp(0.3 * static_cast<double>(block));
    table.set(block, 0, 100 * drift);
    table.set(block, 1, 100 * drift * std::exp(logs[block]));
  }
  return table;
}

std::optional<Likeness> found_in(const BlockTable& table, const NeighboursRule& rule = {}) {
  RandomStream random(1, "order");
  return likeness(table, random, rule);
}

// Lag-1 correlation 7/16 by hand (and by numpy 2.4); (7/16 * 16 + 1) / 13 = 8/13 with what few
// blocks take from it. 0 0 0 1 1 1 1 0 0 0 0 1 1 1 1 0 hardly ever comes out of a shuffle.
TEST(Likeness, IsFoundWhereTrialsFollowTheirNeighbours) {
  const BlockTable table = beside_a_steady_one({0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0});
  const auto found = found_in(table);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->found);
  EXPECT_NEAR(found->correlation, 8.0 / 13, 1e-9);
}

TEST(Likeness, ADriftOfTheMachineIsNone) {
  const auto found = found_in(beside_a_steady_one({0, 1, 0, 1, 1, 0, 0, 1, 0, 1}));
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->found);
  EXPECT_EQ(found->correlation, 0);
  const auto levels =
      found_in(beside_a_steady_one({0, 1, 0, 1, 1, 0, 0, 1, 0, 1}), {.within_blocks = false});
  EXPECT_TRUE(levels->found) << "each stack by itself does follow the machine";
}

TEST(Likeness, IsNoMoreThanCanBeToldFromAChangeOfTheLevel) {
  EXPECT_EQ(found_in(beside_a_steady_one({1, 2, 3, 4, 5, 6, 7, 8}))->correlation, 0.8);
}

// Simulated with 4,000 autoregressions of 0.7 each, how often the likeness is found: 8 blocks of
// one series 50 %, of three 78 %; 10 blocks 61 and 89 %; 15 blocks of one 82 %; 20 blocks 92 %.
TEST(Likeness, SaysWhetherTheTrialsAreEnough) {
  EXPECT_FALSE(shows_likeness(7, 100));
  EXPECT_FALSE(shows_likeness(8, 3));
  EXPECT_FALSE(shows_likeness(10, 1));
  EXPECT_FALSE(shows_likeness(15, 1));
  EXPECT_TRUE(shows_likeness(10, 3));
  EXPECT_TRUE(shows_likeness(20, 1));
  EXPECT_FALSE(found_in(beside_a_steady_one({0, 1, 0, 1, 1, 0, 0, 1, 0, 1}))->conclusive)
      << "of two stacks one series is left without the blocks' levels";
  EXPECT_FALSE(
      found_in(beside_a_steady_one({0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0}))->conclusive);
  std::vector<double> logs;
  for (std::size_t i = 0; i < 20; ++i) logs.push_back(i % 3 == 0 ? 1 : 0);
  EXPECT_TRUE(found_in(beside_a_steady_one(logs))->conclusive);
}

TEST(Likeness, FewBlocksOrNoSpreadShowNothing) {
  EXPECT_FALSE(found_in(beside_a_steady_one({1, 2, 3, 4, 5, 6, 7})));
  EXPECT_FALSE(found_in(beside_a_steady_one({1, 1, 1, 1, 1, 1, 1, 1})));
  EXPECT_FALSE(found_in(BlockTable(0, 0)));
}

TEST(Likeness, MissingTrialsAndEmptyBlocksCountForNothing) {
  BlockTable table(2, 20);
  const double logs[] = {0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0};
  for (std::size_t i = 0; i < 16; ++i) {
    table.set(i + (i < 8 ? 0 : 3), 0, 100);
    table.set(i + (i < 8 ? 0 : 3), 1, 100 * std::exp(logs[i]));
  }
  table.set(19, 0, 500);
  EXPECT_TRUE(found_in(table)->found);
}

// By numpy 2.4 from the matrix of all correlations 0.5^|i-j|: the variance of the mean, and the
// mean of the squared spread.
TEST(Widening, IsThatOfAFirstOrderAutoregression) {
  EXPECT_NEAR(widening(0.5, 20).factor, 1.758699377610827, 1e-12);
  EXPECT_NEAR(widening(0.5, 20).degrees, 6.142856656288, 1e-9);
  EXPECT_NEAR(widening(0.5, 4).factor, 1.7870501915438117, 1e-12);
  EXPECT_EQ(widening(0.5, 4).degrees, 3);
  EXPECT_EQ(widening(0, 4).factor, 1);
  EXPECT_EQ(widening(0, 4).degrees, 3);
  EXPECT_EQ(widening(0.8, 2).degrees, 1);
}

}  // namespace
}  // namespace unrig::stats
