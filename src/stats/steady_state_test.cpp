#include "stats/steady_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace unrig::stats {
namespace {

using Values = std::vector<double>;

/// Completions of 100 ms steps of a stationary trial: Poisson-like counts around `level`, whose
/// neighbours resemble each other as `correlation` says (a first-order autoregression).
Values counts(std::size_t steps, double level, double correlation, RandomStream& random) {
  Values values;
  double noise = random.normal();
  for (std::size_t i = 0; i < steps; ++i) {
    values.push_back(std::max(0.0, std::round(level + std::sqrt(level) * noise)));
    noise = correlation * noise + std::sqrt(1 - correlation * correlation) * random.normal();
  }
  return values;
}

struct Truth {
  double per_step;
  double correlation;
  std::size_t steps;
};

/// How many of a thousand series were found to drift, each multiplied by `course` of its progress
/// from 0 to 1.
template <class Course>
int found_in_thousand(const Truth& truth, Course course) {
  int found = 0;
  for (int i = 0; i < 1000; ++i) {
    RandomStream random(static_cast<std::uint64_t>(i), "drift");
    Values values = counts(truth.steps, truth.per_step, truth.correlation, random);
    for (std::size_t at = 0; at < values.size(); ++at) {
      values[at] *= course(static_cast<double>(at) / static_cast<double>(values.size()));
    }
    const Drift drift = find_drift(values);
    EXPECT_NE(drift.shape, Drift::Shape::not_checked);
    if (drift.shape != Drift::Shape::none) ++found;
  }
  return found;
}

// Half a percent was seen, a whole one is the promise.
TEST(Drift, AStationaryTrialIsFoundToDriftInLessThanOneOfAHundred) {
  for (const double per_step : {30.0, 200.0, 2000.0}) {
    for (const double correlation : {0.0, 0.3, 0.5}) {
      for (const std::size_t steps : {40U, 50U, 100U, 300U}) {
        const int found =
            found_in_thousand({per_step, correlation, steps}, [](double) { return 1.0; });
        EXPECT_LT(found, 10) << per_step << " " << correlation << " " << steps;
      }
    }
  }
}

double rises_by_a_fifth(double progress) {
  return 0.9 + 0.2 * progress;
}
double jumps_in_the_middle(double progress) {
  return progress < 0.5 ? 1.0 : 1.15;
}
double still_warms_up(double progress) {
  return progress < 0.2 ? 0.8 : 1.0;
}

// 5 s of 20,000 requests/s, of 2,000/s, and of 300/s by seven workers in step, whose counts are far
// steadier than Poisson's.
TEST(Drift, APlantedOneIsFound) {
  const Truth fast{.per_step = 2000, .correlation = 0.3, .steps = 50};
  EXPECT_GE(found_in_thousand(fast, rises_by_a_fifth), 999);
  EXPECT_GE(found_in_thousand(fast, jumps_in_the_middle), 999);
  EXPECT_GE(found_in_thousand(fast, still_warms_up), 999);
  const Truth usual{.per_step = 200, .correlation = 0, .steps = 50};
  EXPECT_GE(found_in_thousand(usual, rises_by_a_fifth), 600);
  EXPECT_GE(found_in_thousand(usual, jumps_in_the_middle), 850);
  EXPECT_GE(found_in_thousand(usual, still_warms_up), 950);
}

TEST(Drift, SaysWhatItFound) {
  Values jump(30, 100.0);
  jump.resize(60, 120.0);
  jump[3] = 99;
  const Drift found = find_drift(jump);
  EXPECT_EQ(found.shape, Drift::Shape::jump);
  EXPECT_EQ(found.at, 30U);
  EXPECT_NEAR(found.change, 20.0 / 110, 0.002);
  Values slope;
  for (int i = 0; i < 60; ++i) slope.push_back(100 + 0.5 * i + i % 2);
  const Drift rising = find_drift(slope);
  EXPECT_EQ(rising.shape, Drift::Shape::slope);
  EXPECT_NEAR(rising.change, 30.0 / 115.25, 0.01);
}

TEST(Drift, WhatDoesNotMatterIsNone) {
  Values jump(30, 100.0);
  jump.resize(60, 104.0);
  EXPECT_EQ(find_drift(jump).shape, Drift::Shape::none);
  EXPECT_EQ(find_drift(jump, {.tolerance = 0.03}).shape, Drift::Shape::jump);
}

TEST(Drift, OnePauseIsNoJump) {
  for (const std::size_t at : {0U, 1U, 12U, 25U, 49U}) {
    RandomStream random(at, "pause");
    Values values = counts(50, 200, 0, random);
    values[at] = 0;
    EXPECT_EQ(find_drift(values).shape, Drift::Shape::none) << at;
  }
}

TEST(Drift, LongSeriesAreAveragedInGroups) {
  Values values(600, 100.0);
  values.resize(1000, 130.0);
  const Drift drift = find_drift(values);
  EXPECT_EQ(drift.shape, Drift::Shape::jump);
  EXPECT_EQ(drift.at, 600U);
}

TEST(Drift, AHundredValuesStandForThemselves) {
  Values values(61, 100.0);
  values.resize(100, 130.0);
  EXPECT_EQ(find_drift(values).at, 61U);
  values.push_back(130);  // one more: pairs, and a jump within one is put at an end of it
  EXPECT_EQ(find_drift(values).at % 2, 0U);
  EXPECT_NEAR(static_cast<double>(find_drift(values).at), 61, 1);
}

TEST(Drift, DegenerateRows) {
  EXPECT_EQ(find_drift({}).shape, Drift::Shape::not_checked);
  EXPECT_EQ(find_drift(Values(39, 3.0)).shape, Drift::Shape::not_checked);
  EXPECT_EQ(find_drift(Values(40, 3.0)).shape, Drift::Shape::none);
  EXPECT_EQ(find_drift(Values(60, 0.0)).shape, Drift::Shape::not_checked);
}

}  // namespace
}  // namespace unrig::stats
