#include "stats/steady_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace unrig::stats {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Values = std::vector<double>;
using State = Truncation::State;
using Shape = Course::Shape;

// By hand, squared deviations / n^2: without the 10 there are 25 values with 12 ones, so
// (12 * 13 / 25) / 25^2 = 0.00998; without one more, (12 * 12 / 24) / 24^2 = 0.01042; with the 10,
// more than 0.1. The first cut wins.
TEST(Mser, WorkedByHand) {
  Values values{10};
  for (int i = 0; i < 25; ++i) values.push_back(i % 2);
  const Truncation cut = mser(values, 1);
  EXPECT_EQ(cut.state, State::steady);
  EXPECT_EQ(cut.discard, 1U);
}

TEST(Mser, Mser5CutsWholeBatches) {
  Values values(7, 50.0);  // the second batch is mixed, so both go
  for (int i = 0; i < 143; ++i) values.push_back(i % 2 == 0 ? 99 : 101);
  const Truncation cut = mser(values);
  EXPECT_EQ(cut.state, State::steady);
  EXPECT_EQ(cut.discard, 10U);
}

TEST(Mser, ASeriesThatKeepsRisingIsUnsteady) {
  Values values;
  for (int i = 0; i < 150; ++i) values.push_back(i);
  EXPECT_EQ(mser(values).state, State::unsteady);
}

TEST(Mser, DegenerateRows) {
  EXPECT_EQ(mser({}).state, State::not_checked);
  EXPECT_EQ(mser(Values(124, 1.0)).state, State::not_checked);
  EXPECT_EQ(mser(Values(125, 1.0)).state, State::steady);
  EXPECT_EQ(mser(Values(125, 1.0)).discard, 0U);
}

/// `count` values around `level` with deviation `noise`, appended.
void extend(Values& values, int count, double level, double noise, RandomStream& random) {
  for (int i = 0; i < count; ++i) values.push_back(level + noise * random.normal());
}

TEST(LevelShifts, OneLevelIsFlat) {
  RandomStream random(21, "levels");
  Values values;
  extend(values, 60, 1000, 30, random);
  const Course course = level_shifts(values);
  EXPECT_EQ(course.shape, Shape::flat);
  EXPECT_THAT(course.shifts, IsEmpty());
  EXPECT_EQ(course.settled_at, 0U);
}

TEST(LevelShifts, FindsWhereAWarmUpEnds) {
  RandomStream random(22, "levels");
  Values values;
  extend(values, 12, 700, 10, random);
  extend(values, 48, 1000, 10, random);
  const Course course = level_shifts(values);
  EXPECT_EQ(course.shape, Shape::rising);
  EXPECT_THAT(course.shifts, ElementsAre(12));
  EXPECT_EQ(course.settled_at, 12U);
}

TEST(LevelShifts, ASlowdownIsCalledOne) {
  RandomStream random(23, "levels");
  Values values;
  extend(values, 30, 1000, 10, random);
  extend(values, 30, 850, 10, random);
  const Course course = level_shifts(values);
  EXPECT_EQ(course.shape, Shape::falling);
  EXPECT_EQ(course.settled_at, 30U);
}

TEST(LevelShifts, ALevelThatComesTooLateIsNoSteadyState) {
  RandomStream random(24, "levels");
  Values values;
  extend(values, 50, 1000, 10, random);
  extend(values, 10, 700, 10, random);
  EXPECT_EQ(level_shifts(values).shape, Shape::unsteady);
  EXPECT_EQ(level_shifts(values, {.tail_min = 0.1}).shape, Shape::falling);
}

TEST(LevelShifts, ThereAndBackSettlesAfterTheDip) {
  RandomStream random(25, "levels");
  Values values;
  extend(values, 20, 1000, 10, random);
  extend(values, 10, 800, 10, random);
  extend(values, 30, 1000, 10, random);
  const Course course = level_shifts(values);
  EXPECT_THAT(course.shifts, ElementsAre(20, 30));
  EXPECT_EQ(course.settled_at, 30U);
  EXPECT_EQ(course.shape, Shape::rising);
}

TEST(LevelShifts, LevelsWithinTheToleranceAreOne) {
  RandomStream random(26, "levels");
  Values values;
  extend(values, 30, 1000, 2, random);
  extend(values, 30, 1030, 2, random);
  const Course course = level_shifts(values);
  EXPECT_EQ(course.shape, Shape::flat);
  EXPECT_EQ(level_shifts(values, {.tolerance = 0.01}).shape, Shape::rising);
}

TEST(LevelShifts, OneBadSecondIsNoLevel) {
  RandomStream random(27, "levels");
  for (const std::size_t at : {0U, 1U, 17U, 39U}) {
    Values values;
    extend(values, 40, 1000, 10, random);
    values[at] = 0;
    EXPECT_EQ(level_shifts(values).shape, Shape::flat) << at;
  }
}

TEST(LevelShifts, DegenerateRows) {
  EXPECT_EQ(level_shifts({}).shape, Shape::not_checked);
  EXPECT_EQ(level_shifts(Values(5, 3.0)).shape, Shape::not_checked);
  EXPECT_EQ(level_shifts(Values(6, 3.0)).shape, Shape::flat);
  EXPECT_EQ(level_shifts(Values(60, 0.0)).shape, Shape::flat);
  EXPECT_EQ(level_shifts(Values{1, 1, 1, 2, 2, 2, 2, 2}).shape, Shape::rising);
}

}  // namespace
}  // namespace unrig::stats
