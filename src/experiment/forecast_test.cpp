#include "experiment/forecast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/json.h"

namespace unrig::experiment {
namespace {

using namespace std::chrono_literals;
using ::testing::UnorderedElementsAre;

record::Run run_of(int cells) {
  record::Run run;
  run.manifest.seed = 5;
  for (int i = 0; i < cells; ++i) {
    const std::string name = std::string("stack-") + char('a' + i);
    run.manifest.cells.push_back({.stack = name, .label = name});
  }
  run.manifest.baseline = "stack-a";
  return run;
}

/// 2 s warm-up and 5 s measured, so that a trial at 0:10 and one at 0:20 lose 3 s in between.
record::Run earlier(std::vector<std::string> times) {
  record::Run run = run_of(2);
  run.manifest.started_at = "2026-11-24T10:00:00Z";
  run.manifest.warmup_seconds = 2;
  run.manifest.duration_seconds = 5;
  for (auto& time : times) {
    record::Trial trial;
    trial.started_at = "2026-11-24T" + time + "Z";
    run.trials.push_back(std::move(trial));
  }
  return run;
}

TEST(Cost, IsTheMeanOfWhatEarlierRunsLost) {
  const std::vector<record::Run> runs{earlier({"10:00:08", "10:00:18", "10:00:30"}),
                                      earlier({"10:00:40"})};
  const Cost cost = cost_of(runs);
  EXPECT_EQ(cost.between, 4s);  // (3 + 5) / 2
  EXPECT_EQ(cost.look, 4s);     // the second run made an environment first
  EXPECT_EQ(cost.trials, 4);
}

TEST(Cost, AnInterruptionIsNoPauseBetweenTrials) {
  const std::vector<record::Run> runs{earlier({"10:00:08", "10:00:18", "12:00:00"})};
  EXPECT_EQ(cost_of(runs).between, 3s);
}

TEST(Cost, OfNothingIsAssumed) {
  EXPECT_EQ(cost_of({}).trials, 0);
  EXPECT_EQ(cost_of({}).between, Cost{}.between);
  const std::vector<record::Run> runs{run_of(2)};
  EXPECT_EQ(cost_of(runs).trials, 0);
}

TEST(Forecast, HasTheOrderOfEveryPlannedBlock) {
  const record::Run run = run_of(4);
  const Cost cost{.between = 3s, .look = 4s, .record_bytes = 1000};
  const Forecast ahead = forecast(run, {.blocks = 3}, {.warmup = 2s, .duration = 5s}, cost);
  ASSERT_EQ(ahead.planned.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const int number = static_cast<int>(i) + 1;
    EXPECT_EQ(ahead.planned[i].number, number);
    EXPECT_EQ(ahead.planned[i].cells, block_order(5, number, 4));
  }
  EXPECT_EQ(ahead.confirming, 5) << "at least";
  EXPECT_EQ(ahead.looks, 4);
  EXPECT_EQ(ahead.trials, 3 * 4 + 5 * 2);
  EXPECT_EQ(ahead.duration, 4 * 4s + 22 * 10s);
  EXPECT_EQ(ahead.disk_bytes, 22'000);
}

TEST(Forecast, KnowsOfBlocksInWhichLimitersAreTested) {
  record::Run run = run_of(2);
  const Rule rule{.blocks = 3, .perturbation_blocks = 5};
  const Cost cost{.between = 3s, .look = 0s};
  const Forecast before = forecast(run, rule, {.warmup = 2s, .duration = 5s}, cost);
  EXPECT_EQ(before.perturbing, 5);
  EXPECT_EQ(before.trials, 3 * 2 + 5 * 3 * 2) << "itself, its suspect and a rival, of each";
  EXPECT_EQ(before.duration, before.trials * 10s);
  EXPECT_EQ(before.trials, expected_trials(rule, 2, false, 2));
  run.manifest.perturbations = {
      {.of = run.manifest.cells[0].label, .label = "p", .not_checked = {}}};
  EXPECT_EQ(forecast(run, rule, {}, cost).trials, 3 * 2 + 5 * 2) << "now it is known";
}

TEST(Forecast, OneLookServesACellAndItsDouble) {
  record::Run run = run_of(2);
  run.manifest.cells[1].stack = "stack-a";
  EXPECT_EQ(forecast(run, {.blocks = 1}, {}, {}).looks, 1);
}

TEST(Forecast, OfARunThatWasInterruptedIsItsRest) {
  record::Run run = run_of(2);
  for (const char* label : {"stack-a", "stack-b"}) {
    record::Trial trial{.label = label, .block = 1};
    trial.throughput_per_s = 100;
    run.trials.push_back(trial);
  }
  const Forecast ahead = forecast(run, {.blocks = 2}, {}, {});
  ASSERT_EQ(ahead.planned.size(), 1u);
  EXPECT_EQ(ahead.planned[0].number, 2);
  EXPECT_THAT(ahead.planned[0].cells, UnorderedElementsAre(0, 1));
  EXPECT_EQ(ahead.looks, 0);
}

TEST(Forecast, BlocksThatFollowFromThePrecisionAreTheTenThatThereAreAtLeast) {
  EXPECT_EQ(forecast(run_of(2), {.blocks = 0}, {}, {}).planned.size(), 10u);
}

TEST(Cost, APauseOfAMinuteIsTheLongest) {
  // 67 s from start to start are 60 s beside the load of 7 s.
  EXPECT_EQ(cost_of(std::vector{earlier({"10:00:08", "10:01:15"})}).between, 60s);
  EXPECT_EQ(cost_of(std::vector{earlier({"10:00:08", "10:01:16"})}).between, Cost{}.between);
  EXPECT_EQ(cost_of(std::vector{earlier({"10:00:08", "10:00:10"})}).between, 0s)
      << "none was lost, and none is won back";
}

TEST(Cost, TimesThatCannotBeReadSayNothing) {
  record::Run run = earlier({"10:00:08", "later", "10:00:30"});
  EXPECT_EQ(cost_of(std::vector{run}).between, Cost{}.between);
  EXPECT_EQ(cost_of(std::vector{run}).look, 4s);
  run.manifest.started_at.clear();
  EXPECT_EQ(cost_of(std::vector{run}).look, Cost{}.look);
  run.manifest.cells.clear();
  EXPECT_EQ(cost_of(std::vector{run}).look, Cost{}.look);
}

TEST(Cost, TheQuickestStartIsTheLook) {
  record::Run slow = earlier({"10:01:00"});
  record::Run quick = earlier({"10:00:06"});
  quick.manifest.cells.resize(1);
  EXPECT_EQ(cost_of(std::vector{slow}).look, 30s);
  EXPECT_EQ(cost_of(std::vector{quick}).look, 6s);
  EXPECT_EQ(cost_of(std::vector{slow, quick, slow}).look, 6s);
}

}  // namespace
}  // namespace unrig::experiment
