#include "analysis/leak.h"

#include <gtest/gtest.h>

namespace unrig::analysis {
namespace {

class LeakTest : public ::testing::Test {
 protected:
  LeakTest() { run_.manifest.cells = {{.stack = "a", .label = "a"}}; }
  /// A trial of 1,000 requests that grew by so much in each half.
  record::Trial& add(std::int64_t first, std::int64_t second) {
    record::Trial trial;
    trial.label = trial.stack = "a";
    trial.block = static_cast<int>(run_.trials.size()) + 1;
    trial.window.completed = 1000;
    trial.signals.growth = {.memory = first + second, .memory_late = second};
    trial.signals.census.processes = 1;
    return run_.trials.emplace_back(trial);
  }
  record::Run run_;
};

TEST_F(LeakTest, IsWhatGoesOnInEveryTrial) {
  add(1'000'000, 1'000'000);
  EXPECT_FALSE(leak_of(run_, "a")) << "one alone may be chance";
  add(1'300'000, 1'200'000);
  const auto leak = leak_of(run_, "a");
  ASSERT_TRUE(leak);
  EXPECT_EQ(leak->trials, 2u);
  EXPECT_DOUBLE_EQ(leak->low_bytes, 2000);
  EXPECT_DOUBLE_EQ(leak->high_bytes, 2500);
  EXPECT_FALSE(leak_of(run_, "b"));
  add(1'000'000, 400'000);
  EXPECT_FALSE(leak_of(run_, "a")) << "800 bytes per request in its second half";
}

TEST_F(LeakTest, WhatProcessesTakeWhateverTheirRequestsIsNone) {
  add(1'000'000, 1'000'000).signals.census.processes = 2;
  add(1'000'000, 1'000'000).signals.census.processes = 2;
  EXPECT_FALSE(leak_of(run_, "a")) << "half a MiB of each process";
  for (auto& trial : run_.trials) trial.signals.growth.memory_late = 1'050'000;
  for (auto& trial : run_.trials) trial.signals.growth.memory = 2'100'000;
  EXPECT_TRUE(leak_of(run_, "a"));
  for (auto& trial : run_.trials) trial.signals.census = {};
  EXPECT_FALSE(leak_of(run_, "a")) << "nobody knows";
}

TEST_F(LeakTest, WhatIsFilledOnceIsNone) {
  for (int i = 0; i < 5; ++i) add(80'000'000, 0);
  EXPECT_FALSE(leak_of(run_, "a"));
}

TEST_F(LeakTest, TrialsThatDoNotCountOrWereNotLookedAtSayNothing) {
  add(1'000'000, 1'000'000);
  add(1'000'000, 1'000'000);
  add(0, 0).verdict.reject("planted");
  add(0, 0).signals.growth = {};
  add(0, 0).window.completed = 0;
  ASSERT_TRUE(leak_of(run_, "a"));
  EXPECT_EQ(leak_of(run_, "a")->trials, 2u);
}

}  // namespace
}  // namespace unrig::analysis
