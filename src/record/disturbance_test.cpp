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

TEST(Disturbance, WhoTookLessThanAShareDidNothingElse) {
  EXPECT_TRUE(took_less({.steal = 0.04, .foreign = 0.05}, 0.1));
  EXPECT_FALSE(took_less({.steal = 0.04, .foreign = 0.06}, 0.1));
  EXPECT_FALSE(took_less({.frequency_change = -0.3}, 0.1));
  EXPECT_FALSE(took_less({}, 0));
}

TEST(Disturbance, LimitsThemselvesAreQuiet) {
  EXPECT_THAT(causes_of({.steal = steal_limit,
                         .foreign = foreign_limit,
                         .unseen = unseen_limit,
                         .frequency_change = frequency_limit}),
              IsEmpty());
  EXPECT_THAT(causes_of({.frequency_change = -0.051}), ElementsAre(Cause::frequency));
  EXPECT_THAT(causes_of({.frequency_change = 0.051}), ElementsAre(Cause::frequency));
}

TEST(Disturbance, ReasonsSayHowMuch) {
  const Disturbance seen{.steal = 0.021,
                         .foreign = 0.25,
                         .foreign_name = "ninja",
                         .unseen = 0.125,
                         .frequency_change = -0.1};
  EXPECT_EQ(reason_of(Cause::steal, seen), "the hypervisor took 2.1 % of the CPU time");
  EXPECT_EQ(reason_of(Cause::foreign, seen),
            "other programs used 25 % of the CPU time, most of it ninja");
  EXPECT_EQ(reason_of(Cause::unseen, seen), "12 % of the CPU time went to nobody in sight");
  EXPECT_EQ(reason_of(Cause::frequency, seen), "the cores' frequency changed by -10 %");
  EXPECT_EQ(reason_of(Cause::steal, {}), "the hypervisor took 0.0 % of the CPU time");
  EXPECT_EQ(lost_share({}), 0);
}

}  // namespace
}  // namespace unrig::record
