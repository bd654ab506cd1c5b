#include "plan/perturbation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace unrig::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A sync stack of 7 workers on 4 cores, of which a tenth is idle: the chain keeps 3.1 busy, the
/// load generator half a one.
class PerturbationTest : public ::testing::Test {
 protected:
  PerturbationTest() {
    manifest_.knobs = {{"machine.with_load", "false"}, {"proxy.workers", "{ per_core = 1 }"},
                       {"quota.database", "0"},        {"quota.app", "0"},
                       {"quota.pooler", "0"},          {"quota.proxy", "0"}};
    manifest_.cells = {{.stack = "a", .concurrency = "sync", .workers = 7, .label = "a"}};
    seen_.workers = 7;
    seen_.window_seconds = 10;
    seen_.conditions = record::Conditions{
        .clients = 100, .sessions = 20, .delay_us = 20'000, .cores = 4, .chain_cores = 4};
    seen_.signals.processes[record::Component::load].cpu_seconds = 5.0;
    seen_.signals.processes[record::Component::app].cpu_seconds = 21.0;
    seen_.signals.processes[record::Component::database].cpu_seconds = 10.0;
    seen_.signals.machine.busy = 0.9;
  }
  record::Perturbation change_for(std::string_view suspect) {
    return perturbation(manifest_, manifest_.cells[0], seen_, suspect);
  }
  /// As TOML, or why there is none.
  std::string setting_for(std::string_view suspect) {
    const auto change = change_for(suspect);
    return change.not_checked.empty() ? change.knob + " = " + change.value : change.not_checked;
  }
  void become_async(int loops) {
    manifest_.cells[0].concurrency = "async-coroutine";
    seen_.workers = loops;
    seen_.conditions->concurrency = scenario::Concurrency::async_coroutine;
  }

  record::Manifest manifest_;
  record::Trial seen_;
};

TEST_F(PerturbationTest, WhatCanBeEnlargedIsByAQuarterRoundedUp) {
  EXPECT_EQ(setting_for("workers"), "workers.sync = 9");
  EXPECT_EQ(setting_for("clients"), "clients = 125");
  EXPECT_EQ(setting_for("sessions"), "db.sessions = 25");
  const auto workers = change_for("workers");
  EXPECT_EQ(workers.of, "a");
  EXPECT_EQ(workers.label, "a workers=9");
  EXPECT_NEAR(log_change(workers), std::log(9.0 / 7), 1e-12) << "the step that it really is";
}

TEST_F(PerturbationTest, OfADelayLessIsMore) {
  EXPECT_EQ(setting_for("latency"), "db.delay = \"16ms\"");
  EXPECT_NEAR(log_change(change_for("latency")), std::log(1.25), 1e-12);
  seen_.conditions->delay_us = 0;
  EXPECT_EQ(setting_for("latency"), "there is no delay");
}

TEST_F(PerturbationTest, WhatCannotBeEnlargedIsSlowedByAQuotaOfWhatItCanHave) {
  EXPECT_EQ(setting_for("cpu"), "machine.cpu = 2.8") << "0.8 of its own and what is idle";
  EXPECT_EQ(setting_for("database"), "quota.database = 2.8");
  EXPECT_EQ(setting_for("pooler"), "quota.pooler = 0.8") << "one thread";
  EXPECT_EQ(setting_for("proxy"), "quota.proxy = 3.2") << "a process per core";
  EXPECT_NEAR(log_change(change_for("cpu")), std::log(0.8), 1e-12);
  manifest_.knobs[0].second = "true";
  EXPECT_EQ(setting_for("cpu"), "machine.cpu = 3.2") << "the generator is in it";
  seen_.signals.machine.busy = record::Reading<double>::not_checked("no /proc");
  manifest_.knobs[0].second = "false";
  EXPECT_EQ(setting_for("cpu"), "machine.cpu = 3.2") << "nobody knows better than all";
  seen_.signals.machine.busy = 0.9;
  manifest_.cells[0].knobs = {{"proxy.workers", "1"}};
  EXPECT_EQ(setting_for("proxy"), "quota.proxy = 0.8");
  seen_.signals.processes[record::Component::proxy].busiest_thread_wait = 0.1;
  EXPECT_EQ(setting_for("proxy"), "quota.proxy = 0.72") << "it waits for a core";
}

TEST_F(PerturbationTest, APartCanHaveNoMoreThanTheCoresThatItIsPinnedTo) {
  manifest_.cells[0].knobs = {{"cpus.database", "[1]"}, {"cpus.proxy", "[0, 2]"}};
  EXPECT_EQ(setting_for("database"), "quota.database = 0.8");
  EXPECT_EQ(setting_for("proxy"), "quota.proxy = 1.6");
  manifest_.cells[0].knobs = {{"cpus.database", "[]"}};
  EXPECT_EQ(setting_for("database"), "quota.database = 2.8") << "all";
  become_async(4);
  manifest_.cells[0].knobs = {{"cpus.app", "[3]"}};
  EXPECT_EQ(setting_for("event loop"), "quota.app = 0.8");
}

TEST_F(PerturbationTest, AQuotaThatIsThereIsEnlargedWhereThereAreCores) {
  EXPECT_EQ(setting_for("cpu (quota)"), "the quota is not the run's own");
  seen_.limiter.suspects = {{.name = "cpu (quota)", .knob = "machine.cpu"}};
  EXPECT_EQ(setting_for("cpu (quota)"), "the quota is not the run's own") << "it has none";
  manifest_.cells[0].knobs = {{"machine.cpu", "2"}};
  EXPECT_EQ(setting_for("cpu (quota)"), "machine.cpu = 2.5");
  manifest_.cells[0].knobs = {{"machine.cpu", "3.5"}};
  EXPECT_EQ(setting_for("cpu (quota)"), "machine.cpu = 2.8");
  manifest_.cells[0].knobs = {{"quota.database", "0.4"}};
  seen_.limiter.suspects[0].knob = "quota.database";
  EXPECT_EQ(setting_for("cpu (quota)"), "quota.database = 0.5");
  EXPECT_EQ(setting_for("database"), "quota.database = 0.5");
}

TEST_F(PerturbationTest, ALoopMoreWhereThatIsNoLeap) {
  become_async(2);
  EXPECT_EQ(setting_for("event loop"), "workers.async = 3");
  become_async(1);
  EXPECT_EQ(setting_for("event loop"), "quota.app = 0.8") << "two would be twice as many";
  seen_.signals.processes[record::Component::app].busiest_thread_wait = 0.05;
  EXPECT_EQ(setting_for("event loop"), "quota.app = 0.76");
  become_async(4);
  EXPECT_EQ(setting_for("event loop"), "quota.app = 3.04") << "no core is left";
}

TEST_F(PerturbationTest, WhereTheCoresAreUsedUpNoQuotaOnAPartTellsAnything) {
  become_async(4);
  for (const auto& [suspect, component] : {std::pair{"event loop", record::Component::app},
                                           std::pair{"pooler", record::Component::pooler},
                                           std::pair{"proxy", record::Component::proxy}}) {
    seen_.signals.processes[component].busiest_thread_wait = 0.89;
    EXPECT_THAT(setting_for(suspect), HasSubstr("wait for a core"));
  }
  manifest_.cells[0].knobs = {{"quota.app", "0.4"}};
  EXPECT_EQ(setting_for("event loop"), "quota.app = 0.5") << "more of what it has is no slowing";
}

TEST_F(PerturbationTest, WhatNoSettingChangesSaysWhy) {
  EXPECT_EQ(setting_for("errors"), "failures are no throughput");
  EXPECT_THAT(setting_for("load generator"), HasSubstr("no knob"));
  EXPECT_THAT(setting_for("listen queue"), HasSubstr("not throughput"));
  EXPECT_THAT(setting_for("a word of tomorrow"), HasSubstr("no setting is known"));
  EXPECT_EQ(change_for("errors").label, "a");
  seen_.conditions->open_loop = true;
  EXPECT_EQ(setting_for("clients"), "in an open loop the rate is given");
  seen_.signals.activity.working = 3.0;
  seen_.signals.activity.locked = 2.0;
  EXPECT_EQ(change_for("database").knob, "quota.database") << "most of it is work";
  seen_.signals.activity.io = 1.0;
  EXPECT_THAT(setting_for("database"), HasSubstr("locks"));
  seen_.signals.activity.working = 0.0;
  EXPECT_THAT(setting_for("database"), HasSubstr("locks")) << "all wait, and nobody works";
}

TEST_F(PerturbationTest, APlaceIsACellOrAChangeOfOne) {
  manifest_.cells[0].knobs = {{"clients", "50"}};
  manifest_.cells.push_back({.label = "a (again)", .role = record::Role::baseline_double});
  manifest_.perturbations = {change_for("clients"), change_for("workers")};
  ASSERT_EQ(places(manifest_), 4U);
  EXPECT_EQ(label_at(manifest_, 1), "a (again)");
  EXPECT_EQ(label_at(manifest_, 3), "a workers=9");
  EXPECT_EQ(unchanged(manifest_, 1), 1U);
  EXPECT_EQ(unchanged(manifest_, 3), 0U);
  EXPECT_EQ(cell_at(manifest_, 0).label, "a");
  const record::Cell clients = cell_at(manifest_, 2);
  EXPECT_THAT(clients.knobs, ElementsAre(std::pair<std::string, std::string>("clients", "125")))
      << "in place of its own";
  EXPECT_EQ(clients.role, record::Role::perturbation);
  EXPECT_EQ(clients.workers, 7);
  EXPECT_EQ(cell_at(manifest_, 3).workers, 9);
  failure_at(manifest_, 3) = "it does not start";
  EXPECT_EQ(manifest_.perturbations[1].not_checked, "it does not start");
  EXPECT_THAT(manifest_.cells[0].failure, IsEmpty());
}

TEST_F(PerturbationTest, DoublesAndChangesOfLayersAreNotConfirmed) {
  using record::Role;
  for (const Role role : {Role::baseline_double, Role::perturbation, Role::grid_step})
    manifest_.cells.push_back({.label = "b", .role = role});
  EXPECT_THAT(cells_to_confirm(manifest_), ElementsAre(0, 3));
}

}  // namespace
}  // namespace unrig::plan
