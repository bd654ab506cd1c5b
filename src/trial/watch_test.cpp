#include "trial/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace unrig::trial
