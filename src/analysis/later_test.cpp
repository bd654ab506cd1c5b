#include "analysis/later.h"

#include <gtest/gtest.h>

namespace unrig::analysis {
namespace {

class LaterTest : public ::testing::Test {
 protected:
  LaterTest() {
    run_.manifest.warmup_seconds = 2;
    run_.manifest.duration_seconds = 5;
    run_.manifest.cells = {{.stack = "a", .label = "a"}};
  }
  record::Trial& add(double throughput, double warmup = 2,
                     record::Purpose purpose = record::Purpose::planned) {
    record::Trial trial;
    trial.label = trial.stack = "a";
    trial.purpose = purpose;
    trial.block = static_cast<int>(run_.trials.size()) + 1;
    trial.throughput_per_s = throughput;
    trial.warmup_seconds = warmup;
    return run_.trials.emplace_back(trial);
  }
  record::Run run_;
};

TEST_F(LaterTest, SaysHowManyMoreAreServedLater) {
  add(100);
  add(140, 12);
  add(100);
  const auto later = later_of(run_, "a");
  ASSERT_TRUE(later);
  EXPECT_NEAR(later->ratio, 1.4, 1e-9);
  EXPECT_EQ(later->usual_seconds, 2);
  EXPECT_EQ(later->later_seconds, 12);
  EXPECT_FALSE(later->steady);
}

TEST_F(LaterTest, WhatSlowsDownIsNotSteadyEither) {
  add(100);
  add(80, 12);
  add(100);
  EXPECT_FALSE(later_of(run_, "a")->steady);
}

TEST_F(LaterTest, WhatTheOthersReachByThemselvesIsNoChange) {
  add(100);
  add(100);
  add(108, 12);
  EXPECT_TRUE(later_of(run_, "a")->steady) << "less than a tenth";
  run_.trials.back().throughput_per_s = 120;
  EXPECT_FALSE(later_of(run_, "a")->steady);
  add(110);
  EXPECT_TRUE(later_of(run_, "a")->steady) << "trials of this cell differ by as much";
  run_.trials.back().purpose = record::Purpose::confirmation;
  EXPECT_TRUE(later_of(run_, "a")->steady) << "in fresh blocks, too";
}

TEST_F(LaterTest, WhatWasNotMeasuredIsNotSteady) {
  EXPECT_FALSE(later_of(run_, "a"));
  add(150, 12);
  add(100);
  EXPECT_FALSE(later_of(run_, "a")) << "beside one alone nobody knows";
  add(100);
  EXPECT_TRUE(later_of(run_, "a"));
  run_.trials.erase(run_.trials.begin());
  EXPECT_FALSE(later_of(run_, "a")) << "none is later";
  add(200, 12).verdict.reject("planted");
  EXPECT_FALSE(later_of(run_, "a")) << "it does not count";
  add(100, 12, record::Purpose::make_up);
  EXPECT_FALSE(later_of(run_, "a")) << "an unsteady one is made up for with a longer warm-up";
}

}  // namespace
}  // namespace unrig::analysis
