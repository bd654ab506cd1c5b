#include "record/disturbance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::record {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Disturbance, NamesEachCause) {
  EXPECT_THAT(causes_of({.steal = 0.5, .foreign = 0.5, .unseen = 0.5}),
              ElementsAre(Cause::steal, Cause::foreign, Cause::unseen));
  EXPECT_THAT(causes_of({}), IsEmpty()) << "not looked at is no cause to wait for";
}

TEST(Disturbance, TheLostShareIsASumThatLeavesSomething) {
  EXPECT_DOUBLE_EQ(lost_share({.steal = 0.1, .foreign = 0.2, .unseen = 0.05}), 0.35);
  EXPECT_DOUBLE_EQ(lost_share({.steal = 0.6, .foreign = 0.6}), 0.95);
}

}  // namespace
}  // namespace unrig::record
