#include "trial/steadiness.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace unrig::trial {
namespace {

/// 1 s warm-up at half the speed, 5 s measured, 1 s drain in which less and less comes.
/// `course` multiplies the 200 completions of a step, by the seconds since the window began.
template <class Course>
record::Trial trial_of(Course course) {
  RandomStream random(3, "steadiness");
  record::Trial trial;
  trial.warmup_seconds = 1;
  trial.window_seconds = 5;
  for (int i = 0; i < 70; ++i) {
    const double level = i < 10 ? 100 : i < 60 ? 200 * course((i - 10) * 0.1) : 10;
    const double count = level + 0.5 * std::sqrt(level) * random.normal();
    trial.steps.push_back(
        {.completed = static_cast<std::uint64_t>(count), .mean_response_us = 100 / count * 1e6});
  }
  return trial;
}

TEST(SteadyState, IsOneLevelThroughoutTheWindowWhateverWasBeforeAndAfter) {
  const record::Trial trial = trial_of([](double) { return 1.0; });
  for (const bool open_loop : {false, true}) {
    const record::SteadyState state = steady_state(trial, open_loop);
    EXPECT_TRUE(state.checked);
    EXPECT_TRUE(state.steady);
    EXPECT_EQ(state.change, 0);
  }
}

TEST(SteadyState, AStepIsNamedWithItsPlace) {
  const record::Trial trial = trial_of([](double at) { return at < 3 ? 1 : 0.85; });
  const record::SteadyState state = steady_state(trial, false);
  ASSERT_FALSE(state.steady);
  EXPECT_NEAR(state.change, -0.16, 0.03);
  EXPECT_NEAR(state.at_seconds.value(), 3.0, 0.2);
  record::SteadyState exact = state;
  exact.change = -0.162;
  exact.at_seconds = 3;
  EXPECT_EQ(reason_of(exact, false), "throughput fell by 16 % at second 3.0: no steady state");
  // In an open loop the response time shows it.
  EXPECT_GT(steady_state(trial, true).change, 0.1);
}

TEST(SteadyState, ASlopeIsNamedAsOne) {
  const record::Trial trial = trial_of([](double at) { return 0.9 + 0.04 * at; });
  const record::SteadyState state = steady_state(trial, false);
  ASSERT_FALSE(state.steady);
  EXPECT_FALSE(state.at_seconds);
  EXPECT_NEAR(state.change, 0.2, 0.05);
  EXPECT_EQ(reason_of({.checked = true, .steady = false, .change = 0.2}, true),
            "the response time rose by 20 % over the measurement: no steady state");
}

TEST(SteadyState, AServerThatFallsSilentIsSeen) {
  record::Trial trial = trial_of([](double) { return 1.0; });
  trial.steps.resize(40);
  EXPECT_FALSE(steady_state(trial, false).steady);
}

TEST(SteadyState, OfAShortWindowIsNotChecked) {
  record::Trial trial = trial_of([](double at) { return at < 1 ? 1 : 2; });
  trial.window_seconds = 2;
  const record::SteadyState state = steady_state(trial, false);
  EXPECT_FALSE(state.checked);
  EXPECT_TRUE(state.steady);
  EXPECT_FALSE(steady_state({}, false).checked);
}

// A window of 4.05 s after a warm-up of 1.05 s holds the steps from 1.1 s to 5.1 s: 40 of them, no
// more and no less than a look takes.
TEST(SteadyState, OnlyWholeStepsOfTheWindowCount) {
  record::Trial trial = trial_of([](double) { return 1.0; });
  trial.warmup_seconds = 1.05;
  trial.window_seconds = 4.05;
  EXPECT_TRUE(steady_state(trial, false).checked);
  trial.window_seconds = 4.0;
  EXPECT_FALSE(steady_state(trial, false).checked);
  trial.warmup_seconds = 1;
  EXPECT_TRUE(steady_state(trial, false).checked);
}

TEST(SteadyState, AStepWithoutAnswersHasTheResponseTimeOfTheOneBefore) {
  record::Trial trial = trial_of([](double) { return 1.0; });
  for (const std::size_t silent : {10u, 11u, 30u}) trial.steps[silent] = {};
  const record::SteadyState state = steady_state(trial, true);
  EXPECT_TRUE(state.checked);
  EXPECT_TRUE(state.steady);
  trial.steps.clear();
  EXPECT_FALSE(steady_state(trial, true).checked) << "nothing was ever answered";
}

TEST(SteadyState, ReasonsSayWhichWayItWent) {
  EXPECT_EQ(reason_of({.checked = true, .steady = false, .change = -0.5}, true),
            "the response time fell by 50 % over the measurement: no steady state");
  EXPECT_EQ(reason_of({.checked = true, .steady = false, .change = 0, .at_seconds = 1.25}, false),
            "throughput rose by 0 % at second 1.2: no steady state");
}

}  // namespace
}  // namespace unrig::trial
