#include "analysis/noise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace unrig::analysis {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

record::Trial trial_of(const std::string& label, int block, double throughput,
                       const record::Disturbance& seen) {
  record::Trial trial{.label = label, .block = block};
  trial.throughput_per_s = throughput;
  trial.response_us = {.p50 = 1000, .p99 = 2000};
  trial.disturbance = seen;
  if (!record::causes_of(seen).empty()) {
    trial.verdict.reject(record::reason_of(record::causes_of(seen).front(), seen));
    trial.verdict.disturbed = true;
  }
  return trial;
}

/// Two cells, three blocks: "a" serves twice what "base" does, and all of it saw `seen`.
record::Run run_with(const record::Disturbance& seen) {
  record::Run run;
  run.manifest.run = "20261126-100000-0001";
  run.manifest.baseline = "base";
  run.manifest.cells = {{.stack = "base", .label = "base"}, {.stack = "a", .label = "a"}};
  const double speed[] = {1.0, 1.1, 0.9};
  for (int block = 1; block <= 3; ++block) {
    run.trials.push_back(trial_of("base", block, 100, seen));
    run.trials.push_back(trial_of("a", block, 200 * speed[block - 1], seen));
  }
  return run;
}

const record::Disturbance foreign{.foreign = 0.5, .foreign_name = "cc1plus"};

TEST(Noise, NamesWhoDisturbs) {
  record::Run run = run_with(foreign);
  EXPECT_EQ(noise_of(run).text, "other programs used 50 % of the CPU time, most of it cc1plus");
  EXPECT_EQ(noise_of(run).disturbed, 6);
  EXPECT_EQ(noise_of(run, 2).disturbed, 2);
  run.trials[0].disturbance = run.trials[1].disturbance = {.steal = 0.1};
  EXPECT_EQ(noise_of(run).cause, record::Cause::foreign) << "four of six";
  EXPECT_EQ(noise_of(run, 1).text, "the hypervisor took 10.0 % of the CPU time");
  EXPECT_FALSE(noise_of(run_with({})).cause);
}

TEST(Noise, IsTheMeanOfItsTrials) {
  record::Run run = run_with({.unseen = 0.2});
  EXPECT_THAT(noise_of(run).text, ::testing::StartsWith("20 %"));
  run = run_with({.frequency_change = -0.3});
  for (std::size_t i = 0; i < 3; ++i) run.trials[i].disturbance.frequency_change = 0.2;
  EXPECT_THAT(noise_of(run).text, HasSubstr("25 %")) << "up or down";
}

TEST(Noise, AdviceFollowsFromTheCause) {
  EXPECT_THAT(advice_while_waiting(run_with(foreign), 1)[0], HasSubstr("ps -C cc1plus -o"));
  EXPECT_THAT(advice_while_waiting(run_with({.foreign = 0.5, .foreign_name = "a b; rm"}), 1)[0],
              HasSubstr("top shows it"))
      << "what cannot be typed is not advised";
  EXPECT_THAT(advice_while_waiting(run_with({.steal = 0.2}), 1)[0], HasSubstr("other guests"));
  EXPECT_THAT(advice_while_waiting(run_with({.unseen = 0.2}), 1)[0], HasSubstr("container"));
  EXPECT_THAT(advice_while_waiting(run_with({.frequency_change = 0.2}), 1)[0],
              HasSubstr("cpupower"));
  EXPECT_THAT(advice_while_waiting(run_with({}), 1), IsEmpty());
}

TEST(Noise, AfterTheRunTheAdviceCanBeTyped) {
  record::Run run = run_with(foreign);
  const auto lines = advice_after(run);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[1], HasSubstr("unrig run --resume 20261126-100000-0001"));
  EXPECT_THAT(lines[2], HasSubstr("--patience 10m"));
  EXPECT_THAT(lines[3], HasSubstr("unrig run --resume 20261126-100000-0001 --accept-noise"));

  run.manifest.accept_noise = true;
  EXPECT_THAT(advice_after(run), IsEmpty()) << "they count";
  EXPECT_THAT(advice_after(run_with({})), IsEmpty());

  run.manifest.accept_noise = false;
  run.manifest.cells[1].stack = "http://127.0.0.1:1/";
  EXPECT_THAT(advice_after(run), Each(Not(HasSubstr("--resume")))) << "two URLs cannot go on";
}

TEST(Noise, WhereNothingCanBeMeasuredLaterTheAdviceIsToMeasureAgain) {
  record::Run run = run_with(foreign);
  run.trials.back().purpose = record::Purpose::confirmation;
  EXPECT_THAT(advice_after(run), ::testing::ElementsAre(HasSubstr("cc1plus"), HasSubstr("again"),
                                                        HasSubstr("--accept-noise")));
}

TEST(Noise, AGeneratorThatStoodInLineMayGoFirst) {
  record::Run run = run_with({});
  auto& trial = run.trials.back();
  trial.verdict.reject(trial.events.away_generator = "the load generator did not look");
  trial.conditions.emplace();
  EXPECT_THAT(advice_after(run), ::testing::ElementsAre(HasSubstr("load.real_time=true")));
  run.manifest.cells[1].knobs = {{"machine.with_load", "true"}};
  EXPECT_THAT(advice_after(run), IsEmpty()) << "it may not there";
  run.manifest.cells[1].knobs = {{"machine.with_load", "false"}};
  EXPECT_THAT(advice_after(run), Not(IsEmpty()));
  trial.conditions->real_time_load = true;
  EXPECT_THAT(advice_after(run), IsEmpty());
}

TEST(Noise, WhatCouldNotBeCheckedCanBeAccepted) {
  record::Run run = run_with({});
  run.manifest.cells[0].claims = {{"workers", "2", "why", std::nullopt, true}};
  EXPECT_THAT(advice_after(run), ::testing::ElementsAre(HasSubstr("--accept-unproven")));
  run.manifest.accept_unproven = true;
  EXPECT_THAT(advice_after(run), IsEmpty());
}

TEST(Noise, ByOtherLimitsThereWasACauseOnce) {
  record::Run run = run_with({.foreign = 0.01, .foreign_name = "cc1plus"});
  for (auto& trial : run.trials) {
    trial.verdict.reject("other programs used 1 % of the CPU time, most of it cc1plus");
    trial.verdict.disturbed = true;
  }
  EXPECT_THAT(advice_after(run), testing::SizeIs(3));
}

TEST(Noise, OfUnsteadyTrialsALongerWarmUpIsAdvised) {
  record::Run run = run_with({});
  for (auto& trial : run.trials) {
    trial.verdict.reject("throughput fell by 14 %");
    trial.verdict.unsteady = true;
  }
  ASSERT_EQ(advice_after(run).size(), 1u);
  EXPECT_THAT(advice_after(run)[0], HasSubstr("--warmup"));
}

TEST(Noise, AsManyUnsteadyTrialsAsDisturbedOnesAskForQuietFirst) {
  record::Run run = run_with({});
  for (std::size_t i = 0; i < run.trials.size(); ++i) {
    auto& trial = run.trials[i];
    trial.verdict.reject("planted");
    (i % 2 == 0 ? trial.verdict.unsteady : trial.verdict.disturbed) = true;
    if (i % 2 != 0) trial.disturbance = foreign;
  }
  EXPECT_EQ(noise_of(run).unsteady, 3);
  EXPECT_THAT(advice_after(run)[0], HasSubstr("cc1plus"));
}

TEST(Noise, WithoutACauseOnlyUnsteadyTrialsHaveAText) {
  record::Run run = run_with({});
  EXPECT_EQ(noise_of(run).text, "");
  run.trials[0].verdict.unsteady = true;
  EXPECT_EQ(noise_of(run).text, "throughput did not stay on one level");
}

TEST(Noise, AdviceIsForCellsThatLackWhatWasAskedFor) {
  record::Run run = run_with({});
  run.trials[0].verdict.reject("throughput fell");
  run.trials[0].verdict.unsteady = true;
  EXPECT_EQ(advice_after(run).size(), 1u) << "two of three";
  run.manifest.blocks = 2;
  EXPECT_THAT(advice_after(run), IsEmpty());
  run.manifest.blocks = 1;
  EXPECT_THAT(advice_after(run), IsEmpty());
}

// Half of the machine was lost in every trial: a figure may have been twice as large, and a ratio
// may be off by as much on either side. What is left is the scatter's own interval.
TEST(DisturbedFigures, AreAsWideAsTheLostTimeAllows) {
  const record::Run run = run_with(foreign);
  const auto figures = disturbed_figures(run, run.manifest.cells[1]);
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->trials, 3);
  const std::vector<double> rates{200, 220, 180};
  const auto scatter = stats::positive_interval(rates);
  EXPECT_DOUBLE_EQ(figures->throughput_per_s.estimate, scatter.estimate);
  EXPECT_DOUBLE_EQ(*figures->throughput_per_s.low, *scatter.low);
  EXPECT_DOUBLE_EQ(*figures->throughput_per_s.high, *scatter.high * 2);
  EXPECT_DOUBLE_EQ(*figures->p50_us.low, 500) << "it can only have been shorter";
  EXPECT_DOUBLE_EQ(*figures->p50_us.high, 1000);
  EXPECT_NEAR(*figures->p99_us.high, 2000, 1e-9);
  const std::vector<double> logs{std::log(2.0), std::log(2.2), std::log(1.8)};
  const auto ratio = stats::ratio_interval(logs);
  EXPECT_NEAR(figures->ratio.estimate, ratio.estimate, 1e-12);
  EXPECT_NEAR(*figures->ratio.low, *ratio.low / 2, 1e-12);
  EXPECT_NEAR(*figures->ratio.high, *ratio.high * 2, 1e-12);
  const auto own = disturbed_figures(run, run.manifest.cells[0])->ratio;
  EXPECT_DOUBLE_EQ(*own.low, 1) << "the baseline over itself";
}

TEST(DisturbedFigures, HaveARatioOfBlocksInWhichBothServed) {
  record::Run run = run_with(foreign);
  run.trials[0].throughput_per_s = run.trials[3].throughput_per_s = 0;
  EXPECT_NEAR(disturbed_ratio(run, "a", "base").estimate, 1.8, 1e-12) << "the third block alone";
}

TEST(DisturbedFigures, HaveTheLimiterOfMostTrials) {
  record::Run run = run_with(foreign);
  run.trials[1].limiter.name = "workers";
  run.trials[3].limiter.name = run.trials[5].limiter.name = "cpu";
  EXPECT_EQ(disturbed_figures(run, run.manifest.cells[1])->limiter.name, "cpu");
}

TEST(DisturbedFigures, HaveNoPercentileThatATrialLacks) {
  record::Run run = run_with(foreign);
  run.trials[1].response_us.p99.reset();
  const auto figures = disturbed_figures(run, run.manifest.cells[1]);
  EXPECT_TRUE(std::isnan(figures->p99_us.estimate));
  EXPECT_DOUBLE_EQ(figures->p50_us.estimate, 1000);
}

TEST(DisturbedFigures, AreOnlyOfCellsWithoutATrialThatCounts) {
  record::Run run = run_with(foreign);
  run.trials[0].verdict = {};
  EXPECT_FALSE(disturbed_figures(run, run.manifest.cells[0]));
  EXPECT_TRUE(disturbed_figures(run, run.manifest.cells[1]));
  run.manifest.accept_noise = true;
  EXPECT_FALSE(disturbed_figures(run, run.manifest.cells[1]));
  EXPECT_FALSE(disturbed_figures(run, {.label = "never measured"}));
}

}  // namespace
}  // namespace unrig::analysis
