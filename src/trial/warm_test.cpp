#include "trial/warm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace unrig::trial {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t many = 100'000;

std::vector<WarmStep> steps(const std::vector<double>& levels, std::uint64_t answered = many) {
  std::vector<WarmStep> made;
  for (const double level : levels) made.push_back({level, answered + 1, answered});
  return made;
}

TEST(Level, HoldsWhereThreeStepsAreWithinFivePercent) {
  EXPECT_TRUE(level_holds(steps({1000, 1000, 1000})));
  EXPECT_TRUE(level_holds(steps({980, 1000, 1025})));
  EXPECT_FALSE(level_holds(steps({970, 1000, 1025})));
  EXPECT_FALSE(level_holds(steps({1000, 1000}))) << "two are no level";
  EXPECT_TRUE(level_holds(steps({100, 500, 1000, 1010, 990}))) << "what was before is over";
  EXPECT_FALSE(level_holds(steps({1000, 1000, 1000, 1000, 1080})));
}

TEST(Level, OfFewAnswersMayDifferByChance) {
  EXPECT_TRUE(level_holds(steps({90, 100, 110}, 200)));
  EXPECT_FALSE(level_holds(steps({80, 100, 120}, 200)));
  EXPECT_FALSE(level_holds(steps({90, 100, 110}, 2000)));
}

TEST(Level, OfWhatAnswersNothingDoesNotHold) {
  EXPECT_FALSE(level_holds(steps({0, 0, 0}, 0)));
  EXPECT_FALSE(level_holds(steps({1, 1, 1}, 0)));
}

/// Steps of a server that is at 60 % at first and then nears 1,000 per second.
Result<WarmStep> compiling(int number, Duration) {
  return WarmStep{.level = 1000 - 400 / static_cast<double>(number * number),
                  .sent = many + 1,
                  .answered = many};
}

TEST(WarmUp, IsExtendedUntilTheLevelHolds) {
  const auto warmed = warm_up(2s, 60s, compiling);
  ASSERT_TRUE(warmed);
  EXPECT_TRUE(warmed->held);
  EXPECT_EQ(warmed->levels.size(), 5U) << "956, 975 and 984 are within 5 %; 900 is not";
  EXPECT_EQ(warmed->seconds, 10);
  EXPECT_EQ(warmed->sent, 5 * (many + 1));
  EXPECT_EQ(warmed->answered, 5 * many);
}

TEST(WarmUp, EndsAtOnceWhereTheLevelHoldsFromTheBeginning) {
  const auto warmed =
      warm_up(1s, 60s, [](int, Duration) { return WarmStep{.level = 7, .answered = many}; });
  EXPECT_THAT(warmed->levels, ElementsAre(7, 7, 7));
  EXPECT_EQ(warmed->seconds, 3);
}

TEST(WarmUp, NeverTakesLongerThanStated) {
  const auto grows = [](int number, Duration) {
    return WarmStep{.level = 100.0 * number, .answered = many};
  };
  const auto warmed = warm_up(2s, 7s, grows);
  EXPECT_FALSE(warmed->held);
  EXPECT_EQ(warmed->levels.size(), 3U) << "a fourth would end after 8 s";
  EXPECT_EQ(warmed->seconds, 6);
  EXPECT_THAT(warm_up(2s, 1s, grows)->levels, IsEmpty());
}

TEST(WarmUp, EndsWithAStepThatFails) {
  int asked = 0;
  const auto warmed = warm_up(1s, 9s, [&](int, Duration) -> Result<WarmStep> {
    ++asked;
    return fail(ErrorKind::interrupted, "stopped");
  });
  ASSERT_FALSE(warmed);
  EXPECT_EQ(warmed.error().kind, ErrorKind::interrupted);
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace unrig::trial
