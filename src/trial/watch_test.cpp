#include "trial/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trial/outcome.h"

namespace unrig::trial {
namespace {

using namespace std::chrono_literals;

/// 5 s of two cores: 8 s busy, of which 6 s unrig's own, 300 ms interrupts, 200 ms the kernel's
/// threads, 500 ms a compiler's; 2 s idle.
Watch usual_watch() {
  Watch seen;
  seen.first.machine.emplace();
  seen.last.machine = host::MachineCpu{.busy = 8s, .idle = 2s, .steal = 0s, .interrupts = 300ms};
  seen.last.usage.own = 6s;
  seen.last.usage.kernel = 200ms;
  seen.last.usage.strangers[7] = {"compiler", 500ms};
  return seen;
}

TEST(Disturbance, SharesOutWhatTheMachineDid) {
  record::Trial trial;
  fill_disturbance(trial, usual_watch());
  const record::Disturbance& found = trial.disturbance;
  EXPECT_DOUBLE_EQ(found.machine_busy.value(), 0.8);
  EXPECT_DOUBLE_EQ(found.foreign.value(), 0.05);
  EXPECT_EQ(found.foreign_name, "compiler");
  EXPECT_DOUBLE_EQ(found.unseen.value(), 0.1);  // 8 - 6 - 0.3 - 0.2 - 0.5 s of 10 s
  EXPECT_FALSE(found.frequency_change);
}

TEST(Disturbance, NothingUnseenIsNotLessThanNothing) {
  Watch seen = usual_watch();
  seen.last.usage.own = 9s;
  record::Trial trial;
  fill_disturbance(trial, seen);
  EXPECT_EQ(trial.disturbance.unseen, 0);
}

std::vector<std::string> not_checked(const record::Trial& trial) {
  std::vector<std::string> what;
  for (const auto& figure : trial.not_checked) {
    EXPECT_NE(figure.why, "") << figure.what;
    what.push_back(figure.what);
  }
  return what;
}

TEST(NotChecked, WhatCannotBeReadIsNeverZero) {
  record::Trial trial;
  const Watch blind;  // nothing of /proc could be read
  load::Outcome outcome;
  outcome.completed_in_window = 100;
  fill_disturbance(trial, blind);
  const std::vector<std::string> parts{"proxy", "app", "pooler", "database"};
  fill_cpu(trial, blind, outcome, parts);
  fill_sessions(trial, blind, true);
  (void)fill_holds(trial, blind.holds, 5s);
  EXPECT_FALSE(trial.disturbance.machine_busy);
  EXPECT_FALSE(trial.disturbance.steal);
  EXPECT_FALSE(trial.disturbance.foreign);
  EXPECT_FALSE(trial.disturbance.unseen);
  EXPECT_FALSE(trial.disturbance.frequency_change);
  EXPECT_FALSE(trial.disturbance.throttled_seconds);
  EXPECT_FALSE(trial.cpu_us_per_request.proxy);
  EXPECT_FALSE(trial.cpu_us_per_request.unattributed);
  EXPECT_FALSE(trial.cpu_us_per_request.chain());
  EXPECT_FALSE(trial.db.sessions_max);
  EXPECT_THAT(not_checked(trial),
              ::testing::IsSupersetOf(
                  {"CPU time of the machine", "steal time", "CPU time of other programs",
                   "unseen CPU time", "CPU time of the proxy", "CPU time of the app",
                   "CPU time of the pooler", "CPU time of the database", "unattributed CPU time",
                   "database sessions", "whether a CPU quota held something back"}));
}

TEST(NotChecked, OthersThatProcHidesAreNotNone) {
  Watch seen = usual_watch();
  seen.last.usage.sees_all = false;
  record::Trial trial;
  fill_disturbance(trial, seen);
  EXPECT_DOUBLE_EQ(trial.disturbance.machine_busy.value(), 0.8);
  EXPECT_FALSE(trial.disturbance.foreign);
  EXPECT_FALSE(trial.disturbance.unseen);
  EXPECT_THAT(not_checked(trial), ::testing::Contains("CPU time of other programs"));
}

TEST(NotChecked, OnlyAPoolerCountsSessions) {
  Watch seen;
  seen.add({.servers = 0});
  record::Trial trial;
  fill_sessions(trial, seen, false);
  EXPECT_FALSE(trial.db.sessions_max);
  EXPECT_THAT(not_checked(trial), ::testing::Contains("database sessions"));
  record::Trial pooled;
  seen.add({.servers = 7});
  fill_sessions(pooled, seen, true);
  EXPECT_EQ(pooled.db.sessions_max, 7);
  EXPECT_TRUE(pooled.not_checked.empty());
}

TEST(NotChecked, APartThatTheScenarioLeavesOutUsedNothing) {
  Watch seen = usual_watch();
  seen.first.of = seen.last.of = {{"app", 1s}, {"database", 1s}};
  load::Outcome outcome;
  outcome.completed_in_window = 100;
  record::Trial trial;
  fill_cpu(trial, seen, outcome, std::vector<std::string>{"app", "database"});
  EXPECT_EQ(trial.cpu_us_per_request.pooler, 0);
  EXPECT_EQ(trial.cpu_us_per_request.chain(), 0);
  EXPECT_TRUE(trial.not_checked.empty());
}

TEST(NotChecked, APoolerThatFellSilentIsNamed) {
  Watch seen;
  seen.pooler_failure = "no answer in time";
  seen.pooler_silent = 1s;
  record::Trial trial;
  const auto mishaps = mishaps_of(trial, seen, Lives({}), 5s, 0s);
  ASSERT_EQ(mishaps.size(), 1u);
  EXPECT_EQ(mishaps[0].reason, "the pooler did not answer for 1.0 s: no answer in time");
  EXPECT_TRUE(mishaps_of(trial, seen, Lives({}), 5s, 800ms).empty()) << "unrig itself was stopped";
  const auto hidden =
      mishaps_of(trial, {}, Lives({{.name = "app", .root = 1, .members = {}}}), 5s, 0s);
  EXPECT_TRUE(hidden.empty());
  EXPECT_THAT(not_checked(trial),
              ::testing::Contains("whether the parts of the chain lived through it"));
}

TEST(Disturbance, FrequencyIsThatOfTheHalves) {
  EXPECT_FALSE(change_between_halves({3000, 3000, 3000}));
  EXPECT_DOUBLE_EQ(change_between_halves({3000, 3000, 9, 2400, 2400, 2400}).value(), -0.2);
  EXPECT_EQ(change_between_halves({3000, 3000, 3000, 3000, 3000}), 0);
  EXPECT_FALSE(change_between_halves({0, 0, 1, 1}));
}

TEST(FullQueues, AreTheChainsOwnWhereTheKernelTells) {
  EXPECT_EQ(full_queues_between({.chain = 2, .machine = 10}, {.chain = 5, .machine = 90}), 3u);
  // Others filled theirs; or the chain dropped for another reason.
  EXPECT_EQ(full_queues_between({.chain = 2, .machine = 10}, {.chain = 2, .machine = 90}), 0u);
  EXPECT_EQ(full_queues_between({.chain = 2, .machine = 10}, {.chain = 999, .machine = 10}), 0u);
  EXPECT_EQ(full_queues_between({.chain = 2, .machine = 10}, {.chain = {}, .machine = 14}), 4u);
  EXPECT_FALSE(full_queues_between({.chain = 2, .machine = {}}, {.chain = 2, .machine = 14}));
  EXPECT_EQ(full_queues_between({.chain = 5, .machine = 10}, {.chain = 2, .machine = 10}), 0u);
}

TEST(Outcome, FiguresOfTheLoadAreThoseOfTheTrial) {
  load::Plan plan;
  plan.warmup = 2s;
  plan.loop = load::OpenLoop{};
  load::Outcome outcome;
  outcome.total = {.scheduled = 40, .issued = 40, .completed = 40};
  outcome.window = {.scheduled = 30, .issued = 30, .completed = 30};
  outcome.completed_in_window = 20;
  outcome.window_length = 5s;
  outcome.unasked_bytes = 1;
  outcome.early_answers = 2;
  outcome.resent = 3;
  outcome.reconnects = 4;
  outcome.bytes_in = 5;
  for (int i = 0; i < 1000; ++i) {
    outcome.response.record(3ms);
    outcome.service.record(2ms);
    outcome.issue_delay.record(1ms);
  }
  outcome.steps = std::vector<load::Stretch>(10, {.completed = 4, .mean_response_us = 7});
  record::Trial trial;
  fill(trial, outcome, plan);
  EXPECT_EQ(trial.warmup_seconds, 2);
  EXPECT_EQ(trial.total.scheduled, 40u);
  EXPECT_EQ(trial.window.scheduled, 30u);
  EXPECT_EQ(trial.window_seconds, 5);
  EXPECT_EQ(trial.throughput_per_s, 4);
  EXPECT_EQ(trial.offered_per_s, 6);
  EXPECT_EQ(trial.unasked_bytes, 1u);
  EXPECT_EQ(trial.early_answers, 2u);
  EXPECT_EQ(trial.resent, 3u);
  EXPECT_EQ(trial.reconnects, 4u);
  EXPECT_EQ(trial.bytes_in, 5u);
  EXPECT_EQ(trial.statuses, (std::map<int, std::uint64_t>{{200, 40}}));
  EXPECT_NEAR(trial.response_us.mean.value(), 3000, 3);
  EXPECT_NEAR(trial.service_us.mean.value(), 2000, 2);
  EXPECT_NEAR(trial.issue_delay_us.mean.value(), 1000, 1);
  EXPECT_EQ(trial.steps.size(), 10u);
  ASSERT_EQ(trial.seconds.size(), 1u);
  EXPECT_EQ(trial.seconds[0].completed, 40u);
  EXPECT_TRUE(trial.not_checked.empty());

  record::Trial closed;
  plan.loop = load::ClosedLoop{};
  outcome.generator.timer_note = "the kernel hides its timer slack";
  fill(closed, outcome, plan);
  EXPECT_EQ(closed.offered_per_s, 0) << "a closed loop offers nothing";
  EXPECT_THAT(not_checked(closed),
              ::testing::ElementsAre("whether the load generator is on time to 50 us"));
}

TEST(Outcome, TheMachineIsUsedBetweenTwoReadings) {
  record::Trial trial;
  const host::MachineCpu first{.busy = 1s, .idle = 1s};
  const host::MachineCpu last{.busy = 3s, .idle = 8s, .steal = 1s};
  fill_machine_use(trial, first, last);
  EXPECT_DOUBLE_EQ(trial.disturbance.machine_busy.value(), 0.2);
  EXPECT_DOUBLE_EQ(trial.disturbance.steal.value(), 0.1);
  const std::optional<host::MachineCpu> pairs[][2] = {{first, first}, {first, {}}, {{}, last}};
  for (const auto& [from, to] : pairs) {
    record::Trial blind;
    fill_machine_use(blind, from, to);
    EXPECT_FALSE(blind.disturbance.machine_busy);
    EXPECT_FALSE(blind.disturbance.steal);
    EXPECT_THAT(not_checked(blind),
                ::testing::ElementsAre("CPU time of the machine", "steal time"));
  }
}

TEST(Outcome, ASleepIsMoreThanTheClocksLieApart) {
  record::Trial trial;
  fill_suspended(trial, 10ms);
  EXPECT_EQ(trial.disturbance.suspended_seconds, 0);
  fill_suspended(trial, 11ms);
  EXPECT_DOUBLE_EQ(trial.disturbance.suspended_seconds.value(), 0.011);
  EXPECT_TRUE(trial.not_checked.empty());
  record::Trial untold;
  fill_suspended(untold, std::nullopt);
  EXPECT_FALSE(untold.disturbance.suspended_seconds);
  EXPECT_THAT(not_checked(untold), ::testing::ElementsAre("whether the machine slept"));
}

}  // namespace
}  // namespace unrig::trial
