#include "trial/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trial/holds.h"

namespace unrig::trial {
namespace {

using record::Component;
using ::testing::Contains;
using ::testing::IsSupersetOf;

std::vector<std::string> not_checked(const record::Trial& trial) {
  std::vector<std::string> what;
  for (const auto& figure : trial.not_checked) {
    EXPECT_NE(figure.why, "") << figure.what;
    what.push_back(figure.what);
  }
  return what;
}

/// Of a chain with everything, of which nobody saw anything but the generator.
record::Trial blind() {
  record::Trial trial;
  trial.conditions.emplace();
  for (const Component component : record::chain_components) {
    trial.signals.processes[component];
  }
  trial.signals.processes[Component::load].cpu_seconds = 0.1;
  return trial;
}

TEST(Figures, WhatCannotBeReadIsNeverZero) {
  record::Trial trial = blind();
  fill_figures(trial, 100);
  EXPECT_DOUBLE_EQ(trial.cpu_us_per_request.load.value(), 1000);
  EXPECT_FALSE(trial.disturbance.machine_busy);
  EXPECT_FALSE(trial.disturbance.steal);
  EXPECT_FALSE(trial.disturbance.foreign);
  EXPECT_FALSE(trial.disturbance.unseen);
  EXPECT_FALSE(trial.disturbance.frequency_change);
  EXPECT_FALSE(trial.disturbance.throttled_seconds);
  EXPECT_FALSE(trial.disturbance.listen_overflows);
  EXPECT_FALSE(trial.disturbance.suspended_seconds);
  EXPECT_FALSE(trial.cpu_us_per_request.proxy);
  EXPECT_FALSE(trial.cpu_us_per_request.unattributed);
  EXPECT_FALSE(trial.cpu_us_per_request.chain());
  EXPECT_FALSE(trial.db.sessions_max);
  EXPECT_THAT(
      not_checked(trial),
      IsSupersetOf({"CPU time of the machine", "steal time", "CPU time of other programs",
                    "unseen CPU time", "change of the cores' frequency", "full listen queues",
                    "whether the machine slept", "CPU time of the proxy", "CPU time of the app",
                    "CPU time of the pooler", "CPU time of the database", "unattributed CPU time",
                    "database sessions"}));
}

TEST(Figures, APartThatTheScenarioLeavesOutUsedNothing) {
  record::Trial trial = blind();
  trial.signals.processes.erase(Component::proxy);
  trial.signals.processes.erase(Component::pooler);
  for (const Component part : {Component::app, Component::database}) {
    trial.signals.processes[part].cpu_seconds = 0.2;
  }
  trial.signals.machine.cpu_seconds = 0.6;
  fill_figures(trial, 100);
  EXPECT_EQ(trial.cpu_us_per_request.pooler, 0);
  EXPECT_DOUBLE_EQ(trial.cpu_us_per_request.chain().value(), 4000);
  EXPECT_NEAR(trial.cpu_us_per_request.unattributed.value(), 1000, 1e-6);  // 0.6 - 0.5 s
}

TEST(Figures, CpuTimeOfNoRequestIsOfNoUse) {
  record::Trial trial = blind();
  fill_figures(trial, 0);
  EXPECT_FALSE(trial.cpu_us_per_request.load);
  EXPECT_THAT(not_checked(trial), Contains("CPU time per request"));
}

TEST(Figures, SessionsThatWereNotCountedToTheEndAreSaidToBe) {
  record::Trial trial = blind();
  trial.signals.sessions = {.most = 7, .mean = 6.5, .waiting_mean = 1.5, .cut_short = "silent"};
  fill_figures(trial, 1);
  EXPECT_EQ(trial.db.sessions_max, 7);
  EXPECT_EQ(trial.db.sessions_mean, 6.5);
  EXPECT_EQ(trial.db.clients_waiting_mean, 1.5);
  EXPECT_THAT(not_checked(trial), Contains("database sessions, at times"));
}

TEST(Figures, OfAUrlOnlyWhatIsSeenFromOutside) {
  record::Trial trial;
  trial.conditions = record::Conditions{.sees_server = false};
  trial.signals.processes[Component::load].cpu_seconds = 0.1;
  trial.signals.machine.busy = 0.5;
  trial.signals.machine.steal = 0;
  trial.signals.machine.suspended_seconds = 0;
  fill_figures(trial, 100);
  EXPECT_DOUBLE_EQ(trial.cpu_us_per_request.load.value(), 1000);
  EXPECT_FALSE(trial.cpu_us_per_request.app);
  EXPECT_THAT(not_checked(trial),
              ::testing::ElementsAre("what the server's machine and its parts did"));
}

TEST(Figures, AQuotaThatNobodyCouldLookAtIsNotNone) {
  const Holds nowhere(
      {.holding = [](pid_t, std::string_view) -> Result<std::vector<std::filesystem::path>> {
         return fail(ErrorKind::environment, "none");
       },
       .is_there = [](pid_t) { return true; },
       .throttling = {},
       .is_frozen = {}});
  record::Trial trial;
  fill_throttled(trial, nowhere);
  EXPECT_FALSE(trial.disturbance.throttled_seconds);
  EXPECT_THAT(not_checked(trial), Contains("whether a CPU quota held something back"));
}

}  // namespace
}  // namespace unrig::trial
