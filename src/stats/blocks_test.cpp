#include "stats/blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace unrig::stats {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(BlockTable, DifferencesComeFromCommonBlocksOnly) {
  BlockTable table(2, 3);
  table.set(0, 0, 200);
  table.set(0, 1, 100);
  table.set(1, 0, 300);  // the other one failed here
  table.set(2, 0, 100);
  table.set(2, 1, 400);
  EXPECT_THAT(table.log_differences(0, 1),
              ElementsAre(DoubleNear(std::log(2.0), 1e-12), DoubleNear(std::log(0.25), 1e-12)));
  EXPECT_FALSE(table.log_at(1, 1));
  EXPECT_NEAR(table.log_at(1, 0).value(), std::log(300.0), 1e-12);
}

TEST(BlockTable, OfNothingHasNoDifferences) {
  EXPECT_THAT(BlockTable(2, 0).log_differences(0, 1), IsEmpty());
  EXPECT_THAT(BlockTable(2, 4).log_differences(0, 1), IsEmpty());
}

TEST(BlockTable, APartHasTheTrialsOfItsStacks) {
  BlockTable table(3, 2);
  table.set(0, 0, 2, 10);
  table.set(0, 2, 8, 20);
  table.set(1, 1, 3);
  table.set(1, 2, 5, 40);
  const BlockTable part = table.part({2, 0});
  EXPECT_EQ(part.stacks(), 2U);
  EXPECT_EQ(part.blocks(), 2U);
  EXPECT_EQ(part.log_at(0, 0), table.log_at(0, 2));
  EXPECT_EQ(part.log_at(1, 0), table.log_at(1, 2));
  EXPECT_EQ(part.log_at(0, 1), table.log_at(0, 0));
  EXPECT_FALSE(part.log_at(1, 1));
  EXPECT_EQ(part.counting_error(0, 1), table.counting_error(2, 0));
  EXPECT_EQ(part.counting_error(0), table.counting_error(2));
}

// By hand. The machine halves its speed in blocks 2 and 3, which stack 1 missed: its own mean, 110,
// is above that of stack 2, 130 / 2^(1/2) = 91.9, but beside stack 0 it is the slower one. Stack 0
// lies at 100 / 2^(1/2) = 70.7. Stack 3 met it nowhere, stack 4 was never measured.
TEST(LogLevels, AStackIsNotLiftedByTheSlowBlocksThatItMissed) {
  BlockTable table(5, 5);
  for (std::size_t block = 0; block < 4; ++block) {
    const double speed = block < 2 ? 100 : 50;
    table.set(block, 0, speed);
    if (block < 2) table.set(block, 1, 1.1 * speed);
    table.set(block, 2, 1.3 * speed);
  }
  table.set(4, 3, 80);
  const auto levels = log_levels(table, 0);
  EXPECT_NEAR(std::exp(levels[0]), 100 / std::sqrt(2.0), 1e-9);
  EXPECT_NEAR(std::exp(levels[1]), 110 / std::sqrt(2.0), 1e-9);
  EXPECT_NEAR(std::exp(levels[2]), 130 / std::sqrt(2.0), 1e-9);
  EXPECT_NEAR(std::exp(levels[3]), 80, 1e-9);
  EXPECT_TRUE(std::isnan(levels[4]));
  EXPECT_NEAR(std::exp(log_levels(table, std::nullopt)[1]), 110, 1e-9);
}

// By hand: ln(10/9) and ln(20/19) in the first block, ln(10/9) and nothing in the second.
TEST(CountingError, IsTheMeanOverTheCommonBlocks) {
  BlockTable table(3, 3);
  table.set(0, 0, 2, 10);
  table.set(0, 1, 4, 20);
  table.set(1, 0, 2, 10);
  table.set(1, 1, 4);
  table.set(2, 0, 2, 1);
  EXPECT_NEAR(table.counting_error(0, 1),
              (std::log(10.0 / 9) + std::log(20.0 / 19) + std::log(10.0 / 9)) / 2, 1e-12);
  EXPECT_NEAR(table.counting_error(1), std::log(20.0 / 19) / 2, 1e-12);
  EXPECT_TRUE(std::isinf(table.counting_error(0))) << "one request is no rate";
  EXPECT_EQ(table.counting_error(0, 2), 0);
}

TEST(LogLevels, DegenerateRows) {
  EXPECT_THAT(log_levels(BlockTable(0, 0), std::nullopt), IsEmpty());
  EXPECT_TRUE(std::isnan(log_levels(BlockTable(2, 3), 0)[1]));
  BlockTable one(2, 1);
  one.set(0, 1, 7);  // the reference failed in the only block
  EXPECT_NEAR(std::exp(log_levels(one, 0)[1]), 7, 1e-12);
}

}  // namespace
}  // namespace unrig::stats
