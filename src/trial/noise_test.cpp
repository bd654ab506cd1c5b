#include "trial/noise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/disturbance.h"
#include "trial/judge.h"

namespace unrig::trial {
namespace {

using ::testing::ElementsAre;

// The wait ends when a trial would not be called disturbed: both must draw the same line.
TEST(Noise, IsWhatAVerdictCallsDisturbed) {
  for (const record::Disturbance& seen :
       {record::Disturbance{.steal = 0.02}, record::Disturbance{.steal = 0.009},
        record::Disturbance{.foreign = 0.06, .foreign_name = "cc1plus"},
        record::Disturbance{.foreign = 0.04}, record::Disturbance{.unseen = 0.11},
        record::Disturbance{.unseen = 0.09}, record::Disturbance{.frequency_change = -0.06},
        record::Disturbance{.frequency_change = 0.04}, record::Disturbance{}}) {
    record::Trial trial;
    trial.total = trial.window = {.scheduled = 1, .issued = 1, .completed = 1};
    trial.window_seconds = 1;
    trial.disturbance = seen;
    trial.conditions = record::Conditions{.sees_server = false};
    judge(trial);
    const auto causes = record::causes_of(seen);
    EXPECT_EQ(trial.verdict.disturbed, !causes.empty());
    if (causes.empty()) continue;
    EXPECT_THAT(trial.verdict.reasons, ElementsAre(record::reason_of(causes[0], seen)));
  }
}

TEST(Noise, ALookEndsWhenItIsToldTo) {
  const SystemClock clock;
  int asked = 0;
  const Instant begun = clock.now();
  const auto seen = look_around(clock, std::chrono::hours(1), [&] { return ++asked > 2; });
  EXPECT_EQ(asked, 3);
  EXPECT_LT(clock.now() - begun, std::chrono::minutes(1));
  EXPECT_FALSE(seen.frequency_change);
  EXPECT_FALSE(look_around(
                   clock, Duration(0), [] { return true; }, false)
                   .foreign);
}

}  // namespace
}  // namespace unrig::trial
