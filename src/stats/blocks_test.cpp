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

}  // namespace
}  // namespace unrig::stats
