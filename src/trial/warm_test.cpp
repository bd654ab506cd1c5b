#include "trial/warm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <random>
#include <vector>

namespace unrig::trial {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr std::uint64_t many = 100'000;

std::vector<WarmStep> steps(const std::vector<double>& levels, std::uint64_t answered = many) {
  std::vector<WarmStep> made;
  for (const double level : levels) made.push_back({level, answered + 1, answered});
  return made;
}

TEST(Level, HoldsWhereTwoStepsAreAsTheTwoBefore) {
  EXPECT_TRUE(level_holds(steps({1000, 1000, 1000, 1000})));
  EXPECT_FALSE(level_holds(steps({1000, 1000, 1000}))) << "three are no level";
  EXPECT_TRUE(level_holds(steps({1000, 1000, 1020, 1020})));
  EXPECT_FALSE(level_holds(steps({1000, 1000, 1030, 1030})));
  EXPECT_FALSE(level_holds(steps({1030, 1030, 1000, 1000}))) << "it may fall as well";
  EXPECT_TRUE(level_holds(steps({950, 1050, 1050, 950}))) << "noise is no change";
  EXPECT_TRUE(level_holds(steps({100, 500, 990, 1000, 1010, 1000}))) << "what was before is over";
  EXPECT_FALSE(level_holds(steps({1000, 1000, 1000, 1080})));
}

TEST(Level, OfFewAnswersMayDifferByChance) {
  EXPECT_TRUE(level_holds(steps({96, 96, 104, 104}, 100))) << "10 % is the error of 200 and 200";
  EXPECT_FALSE(level_holds(steps({94, 94, 106, 106}, 100)));
  EXPECT_FALSE(level_holds(steps({96, 96, 104, 104}, 1000)));
}

TEST(Level, OfWhatAnswersNothingDoesNotHold) {
  EXPECT_FALSE(level_holds(steps({0, 0, 0, 0}, 0)));
  EXPECT_FALSE(level_holds(steps({1, 1, 1, 1}, 0)));
}

/// Of 1,000 servers: how many hold within 28 s, after how many steps, and where they are then.
struct Holding {
  int held = 0;
  double mean_steps = 0, mean_level = 0;
};
Holding holding(double noise, double start, double seconds_to_rise) {
  std::mt19937 random(1);
  std::normal_distribution<double> by_chance(1, noise);
  Holding found;
  for (int server = 0; server < 1000; ++server) {
    double level = 0;
    int taken = 0;
    const auto warmed = warm_up(28s, [&](int number, Duration length) {
      taken = number;
      level = 1 - (1 - start) * std::exp(-(number - 1) * seconds(length) / seconds_to_rise);
      return WarmStep{.level = level * by_chance(random), .answered = many};
    });
    if (!warmed->held) continue;
    ++found.held;
    found.mean_steps += taken;
    found.mean_level += level;
  }
  found.mean_steps /= found.held;
  found.mean_level /= found.held;
  return found;
}

TEST(Level, HoldsOnANoisyMachineAndNotWhileItRises) {
  const Holding still = holding(0.03, 1, 1);
  EXPECT_GE(still.held, 990);
  EXPECT_LE(still.mean_steps, 5.5);
  EXPECT_GE(holding(0.08, 1, 1).held, 900) << "a very noisy one";
  const Holding rising = holding(0.03, 0.6, 6);
  EXPECT_GE(rising.held, 950);
  EXPECT_GE(rising.mean_steps, 8);
  EXPECT_GE(rising.mean_level, 0.96);
}

TEST(WarmUp, IsExtendedUntilTheLevelHolds) {
  // 60 % at first: 600, 900, 956, 975, 984, 989.
  const auto warmed = warm_up(60s, [](int number, Duration) {
    return WarmStep{.level = 1000 - 400. / (number * number), .sent = many + 1, .answered = many};
  });
  ASSERT_TRUE(warmed);
  EXPECT_TRUE(warmed->held);
  EXPECT_EQ(warmed->levels.size(), 6U) << "984 and 989 are as 956 and 975; 975 and 984 are not";
  EXPECT_EQ(warmed->seconds, 12);
  EXPECT_EQ(warmed->sent, 6 * (many + 1));
  EXPECT_EQ(warmed->answered, 6 * many);
}

TEST(WarmUp, EndsAsSoonAsItCanBeSeen) {
  const auto warmed =
      warm_up(60s, [](int, Duration) { return WarmStep{.level = 7, .answered = many}; });
  EXPECT_THAT(warmed->levels, ElementsAre(7, 7, 7, 7));
  EXPECT_EQ(from_seconds(warmed->seconds), plan::level_least);
}

TEST(WarmUp, NeverTakesLongerThanStated) {
  const auto grows = [](int number, Duration) {
    return WarmStep{.level = 100.0 * number, .answered = many};
  };
  const auto warmed = warm_up(11s, grows);
  EXPECT_FALSE(warmed->held);
  EXPECT_EQ(warmed->levels.size(), 5U) << "a sixth would end after 12 s";
  EXPECT_EQ(warmed->seconds, 10);
}

TEST(WarmUp, DoesNotWaitForWhatAnswersNothing) {
  const auto warmed = warm_up(60s, [](int, Duration) { return WarmStep{.sent = 9}; });
  EXPECT_FALSE(warmed->held);
  EXPECT_THAT(warmed->levels, ElementsAre(0));
}

TEST(WarmUp, IsLeftOutWhereItsEndWouldComeTooSoon) {
  EXPECT_FALSE((plan::Phases{.warmup = 2s, .warmup_most = 0s}.extends()));
  EXPECT_FALSE((plan::Phases{.warmup = 2s, .warmup_most = 9s}.extends()));
  EXPECT_TRUE((plan::Phases{.warmup = 2s, .warmup_most = 10s}.extends()));
}

TEST(WarmUp, EndsWithAStepThatFails) {
  int asked = 0;
  const auto warmed = warm_up(9s, [&](int, Duration) -> Result<WarmStep> {
    ++asked;
    return fail(ErrorKind::interrupted, "stopped");
  });
  ASSERT_FALSE(warmed);
  EXPECT_EQ(warmed.error().kind, ErrorKind::interrupted);
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace unrig::trial
