#include "analysis/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace unrig::analysis {
namespace {

using namespace std::chrono_literals;
using record::Demand;
using record::Finding;
using record::Gravity;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A machine at which nothing is to be mended.
host::Facts good_machine() {
  return {.cores = 8,
          .memory_bytes = std::int64_t{16} << 30,
          .settings = {{"cpu.smt", "0"},
                       {"cpu.governor", "performance"},
                       {"cpu.no_turbo", "1"},
                       {"clocksource", "tsc"},
                       {"transparent_hugepage", "madvise"},
                       {"net.ipv4.ip_local_port_range", "32768 60999"},
                       {"net.ipv4.tcp_tw_reuse", "2"},
                       {"net.core.somaxconn", "4096"},
                       {"landlock", "7"}},
          .open_files = 20'000,
          .memory_available_bytes = std::int64_t{8} << 30,
          .swap_used_bytes = 0,
          .time_wait = 12,
          .quota_cpus = 0};
}
void set(host::Facts& facts, const std::string& name, const std::string& value) {
  std::erase_if(facts.settings, [&](const auto& setting) { return setting.first == name; });
  if (!value.empty()) facts.settings.emplace_back(name, value);
}

Demand usual_demand() {
  return demand_of({}, 8, 25);
}

Finding found(const std::string& check, const host::Facts& facts,
              const Demand& demand = usual_demand()) {
  const auto all = findings_of(facts, demand);
  const auto at = std::ranges::find(all, check, &Finding::check);
  return at == all.end() ? Finding{.observed = "no such check"} : *at;
}
Gravity gravity(const std::string& check, const host::Facts& facts,
                const Demand& demand = usual_demand()) {
  return found(check, facts, demand).gravity;
}
Gravity with_setting(const std::string& check, const std::string& name, const std::string& value) {
  host::Facts facts = good_machine();
  set(facts, name, value);
  return gravity(check, facts);
}

TEST(Machine, WithoutFaultsHasNone) {
  const auto all = findings_of(good_machine(), usual_demand());
  EXPECT_EQ(all.size(), 13u);
  for (const auto& finding : all) {
    EXPECT_EQ(finding.gravity, Gravity::fine) << finding.check << ": " << finding.observed;
    EXPECT_NE(finding.observed, "") << finding.check;
    EXPECT_EQ(finding.means + finding.help, "") << finding.check;
  }
  EXPECT_TRUE(is_fit(all));
}

TEST(Machine, ThatTellsNothingIsNotCheckedAndNotCalledFine) {
  for (const auto& finding : findings_of({}, usual_demand())) {
    if (finding.check == "cores") continue;
    EXPECT_EQ(finding.gravity, Gravity::not_checked) << finding.check;
    EXPECT_NE(finding.observed, "") << "there is a reason: " << finding.check;
  }
}

TEST(Machine, WhatIsWrongSaysWhatItMeansAndWhatMendsIt) {
  host::Facts bad = good_machine();
  bad.cores = 1;
  for (const auto& [name, value] : {std::pair{"cpu.smt", "1"},
                                    {"cpu.governor", "powersave"},
                                    {"cpu.no_turbo", "0"},
                                    {"clocksource", "hpet"},
                                    {"transparent_hugepage", "always"},
                                    {"net.core.somaxconn", "128"},
                                    {"net.ipv4.tcp_tw_reuse", "0"}})
    set(bad, name, value);
  bad.swap_used_bytes = 1 << 20;
  bad.memory_available_bytes = 1;
  bad.open_files = 100;
  bad.quota_cpus = 0.5;
  for (const auto& finding : findings_of(bad, usual_demand())) {
    if (finding.check == "fence") continue;  // it keeps what it keeps: no fault of the machine
    EXPECT_NE(finding.gravity, Gravity::fine) << finding.check;
    EXPECT_NE(finding.gravity, Gravity::not_checked) << finding.check;
    EXPECT_NE(finding.means, "") << finding.check;
    EXPECT_NE(finding.help, "") << finding.check;
  }
}

TEST(Machine, SettingsOfTheProcessorMatter) {
  EXPECT_EQ(with_setting("SMT", "cpu.smt", "1"), Gravity::matters);
  EXPECT_EQ(with_setting("governor", "cpu.governor", "powersave"), Gravity::matters);
  EXPECT_EQ(with_setting("governor", "cpu.governor", ""), Gravity::not_checked);
  EXPECT_EQ(with_setting("turbo", "cpu.no_turbo", "0"), Gravity::matters);
  EXPECT_EQ(with_setting("clock source", "clocksource", "hpet"), Gravity::matters);
  EXPECT_EQ(with_setting("clock source", "clocksource", "kvm-clock"), Gravity::fine);
  EXPECT_EQ(with_setting("huge pages", "transparent_hugepage", "always"), Gravity::matters);
  EXPECT_EQ(with_setting("huge pages", "transparent_hugepage", "never"), Gravity::fine);
}

TEST(Machine, TurboIsMendedWhereItsDriverHasIt) {
  host::Facts facts = good_machine();
  set(facts, "cpu.no_turbo", "0");
  EXPECT_THAT(found("turbo", facts).help, HasSubstr("intel_pstate/no_turbo"));
  set(facts, "cpu.no_turbo", "");
  set(facts, "cpu.boost", "1");
  EXPECT_THAT(found("turbo", facts).help, HasSubstr("echo 0 > /sys/devices/system/cpu/cpufreq"));
  set(facts, "cpu.boost", "0");
  EXPECT_EQ(gravity("turbo", facts), Gravity::fine);
}

TEST(Machine, OneCoreIsTooFewToTellTheGeneratorFromTheChain) {
  host::Facts facts = good_machine();
  facts.cores = 2;
  EXPECT_EQ(gravity("cores", facts), Gravity::fine);
  facts.cores = 1;
  EXPECT_EQ(gravity("cores", facts), Gravity::matters);
}

TEST(Machine, MemoryMattersBeforeItSpoils) {
  host::Facts facts = good_machine();
  facts.memory_available_bytes = little_memory;
  EXPECT_EQ(gravity("memory", facts), Gravity::fine);
  facts.memory_available_bytes = little_memory - 1;
  EXPECT_EQ(gravity("memory", facts), Gravity::matters);
  facts.memory_available_bytes = too_little_memory;
  EXPECT_EQ(gravity("memory", facts), Gravity::matters);
  facts.memory_available_bytes = too_little_memory - 1;
  EXPECT_EQ(gravity("memory", facts), Gravity::spoils);
  facts.swap_used_bytes = 1'500'000'000;
  EXPECT_EQ(found("swap", facts).observed, "1.5 GB in use");
  facts.swap_used_bytes = 120'000'000;
  EXPECT_EQ(found("swap", facts).observed, "120 MB in use");
}

TEST(Machine, OpenFilesAreThoseOfAllClientsOnBothSidesOfTheProxy) {
  host::Facts facts = good_machine();
  facts.open_files = 264;
  EXPECT_EQ(gravity("open files", facts), Gravity::fine);
  facts.open_files = 263;
  EXPECT_EQ(gravity("open files", facts), Gravity::spoils);
  EXPECT_EQ(found("open files", facts).observed, "263 at most, 264 are needed for 100 clients");
  EXPECT_EQ(gravity("open files", facts, {.clients = 100, .serves_here = false}), Gravity::fine)
      << "no proxy here";
}

TEST(Machine, PortsAreHeldAgainstTheLoad) {
  host::Facts facts = good_machine();
  set(facts, "net.ipv4.tcp_tw_reuse", "0");  // 28,232 ports in 60 s: 470 a second
  Demand demand = usual_demand();
  demand.most_per_s = 470;
  EXPECT_EQ(gravity("local ports", facts, demand), Gravity::fine);
  demand.most_per_s = 471;
  EXPECT_EQ(gravity("local ports", facts, demand), Gravity::matters) << "at most so many come";
  demand.rate_is_given = true;
  EXPECT_EQ(gravity("local ports", facts, demand), Gravity::spoils) << "so many will";
  EXPECT_THAT(found("local ports", facts, demand).observed,
              HasSubstr("28232, each again after 60 s: 471 connections/s; 12 wait now"));
  demand.new_connections = false;
  EXPECT_EQ(gravity("local ports", facts, demand), Gravity::fine);
  set(facts, "net.ipv4.tcp_tw_reuse", "2");
  demand.new_connections = true;
  EXPECT_EQ(gravity("local ports", facts, demand), Gravity::fine);
  demand.serves_here = false;
  EXPECT_EQ(gravity("local ports", facts, demand), Gravity::spoils)
      << "2 is for connections of the machine with itself";
  set(facts, "net.ipv4.tcp_tw_reuse", "1");
  EXPECT_EQ(gravity("local ports", facts, demand), Gravity::fine);
  set(facts, "net.ipv4.ip_local_port_range", "broken");
  EXPECT_EQ(gravity("local ports", facts, demand), Gravity::not_checked);
}

TEST(Machine, PortsThatWaitAreNoneToBeHad) {
  host::Facts facts = good_machine();
  set(facts, "net.ipv4.tcp_tw_reuse", "0");
  Demand demand = usual_demand();
  demand.most_per_s.reset();
  EXPECT_EQ(gravity("local ports", facts, demand), Gravity::fine) << "nothing is known to be more";
  facts.time_wait = 26'000;
  EXPECT_EQ(gravity("local ports", facts, demand), Gravity::spoils);
  set(facts, "net.ipv4.tcp_tw_reuse", "2");
  EXPECT_EQ(gravity("local ports", facts, demand), Gravity::fine) << "they do not wait long";
}

TEST(Machine, ListenQueuesAreAsLongAsTheScenarioWantsThem) {
  host::Facts facts = good_machine();
  EXPECT_EQ(with_setting("listen queue", "net.core.somaxconn", "2048"), Gravity::fine);
  EXPECT_EQ(with_setting("listen queue", "net.core.somaxconn", "2047"), Gravity::matters);
  EXPECT_EQ(with_setting("listen queue", "net.core.somaxconn", "99"), Gravity::spoils);
  EXPECT_EQ(found("listen queue", facts, {.serves_here = false}).observed, "no such check");
}

TEST(Machine, AQuotaHoldsWhereItIsLessThanTheCores) {
  host::Facts facts = good_machine();
  facts.quota_cpus = 7.5;
  EXPECT_EQ(gravity("CPU quota", facts), Gravity::spoils);
  EXPECT_EQ(found("CPU quota", facts).observed, "7.5 of 8 cores");
  facts.quota_cpus = 8;
  EXPECT_EQ(gravity("CPU quota", facts), Gravity::fine);
  facts.quota_cpus.reset();
  EXPECT_EQ(gravity("CPU quota", facts), Gravity::not_checked);
}

TEST(Machine, AFenceThatKeepsNotAllIsNotCalledOne) {
  EXPECT_EQ(with_setting("fence", "landlock", "6"), Gravity::fine);
  for (const char* version : {"none", "1", "5", ""})
    EXPECT_EQ(with_setting("fence", "landlock", version), Gravity::not_checked) << version;
  host::Facts facts = good_machine();
  set(facts, "landlock", "none");
  EXPECT_THAT(found("fence", facts).observed, HasSubstr("no Landlock"));
  set(facts, "landlock", "4");
  EXPECT_THAT(found("fence", facts).observed, HasSubstr("signals"));
  EXPECT_EQ(found("fence", facts, demand_of({}, 8, 1, false)).observed, "no such check")
      << "whoever serves a URL is not fenced in";
}

TEST(Fit, IsWhatNothingSpoils) {
  EXPECT_TRUE(is_fit(std::vector<Finding>{}));
  EXPECT_TRUE(is_fit(
      std::vector<Finding>{{.gravity = Gravity::matters}, {.gravity = Gravity::not_checked}}));
  EXPECT_FALSE(is_fit(std::vector<Finding>{{}, {.gravity = Gravity::spoils}}));
}

TEST(DemandOf, AClosedLoopIsBoundedByWhatItsClientsWaitFor) {
  const Demand demand = demand_of({}, 8, 25);
  EXPECT_EQ(demand.clients, 100);
  EXPECT_EQ(demand.most_per_s, 5000);
  EXPECT_FALSE(demand.rate_is_given);
  EXPECT_EQ(demand.listen_backlog, 2048);
  EXPECT_EQ(demand_of({.think_time = 80ms}, 8, 25).most_per_s, 1000);
  EXPECT_EQ(demand_of({.db_delay = 0ms}, 8, 25).most_per_s, std::nullopt);
}

TEST(DemandOf, AnOpenLoopComes) {
  const Demand demand = demand_of({.arrival_rate = Rate{700}}, 8, 25);
  EXPECT_EQ(demand.most_per_s, 700);
  EXPECT_TRUE(demand.rate_is_given);
}

TEST(DemandOf, ConnectionsAreNewWhereSomeHopMakesThem) {
  scenario::Scenario scenario;
  EXPECT_TRUE(demand_of(scenario, 8, 25).new_connections);
  EXPECT_FALSE(demand_of(scenario, 8, 25).keeps_connections);
  scenario.proxy_keep_alive = true;
  EXPECT_TRUE(demand_of(scenario, 8, 25).new_connections) << "to the pooler";
  EXPECT_TRUE(demand_of(scenario, 8, 25).keeps_connections);
  scenario.db_connection = scenario::Connection::pooled;
  EXPECT_FALSE(demand_of(scenario, 8, 25).new_connections);
  scenario.proxy_keep_alive = false;
  scenario.proxy_enabled = false;
  EXPECT_FALSE(demand_of(scenario, 8, 25).new_connections) << "the load has addresses enough";
  scenario.client_keep_alive = true;
  EXPECT_TRUE(demand_of(scenario, 8, 25).keeps_connections);
}

TEST(DemandOf, OfUrlsOnlyTheLoadIsKnown) {
  const Demand demand = demand_of({}, 8, 1, false);
  EXPECT_FALSE(demand.serves_here);
  EXPECT_EQ(demand.most_per_s, std::nullopt) << "their query delay is not known";
  EXPECT_TRUE(demand.new_connections);
  EXPECT_FALSE(demand_of({.client_keep_alive = true}, 8, 1, false).new_connections);
}

TEST(MachineOfARun, SaysWhichCellsItTouches) {
  record::Manifest manifest;
  manifest.host = good_machine();
  set(manifest.host, "cpu.smt", "1");
  manifest.host.open_files = 500;
  manifest.knobs = {{"clients", "100"}, {"gone", "1"}};
  manifest.cells = {{.stack = "a", .label = "a"},
                    {.stack = "a", .label = "a clients=300", .knobs = {{"clients", "300"}}}};
  std::vector<MachineFinding> wrong = machine_findings(manifest);
  std::erase_if(wrong, [](const auto& each) { return each.finding.gravity == Gravity::fine; });
  ASSERT_EQ(wrong.size(), 2u);
  EXPECT_EQ(wrong[0].finding.check, "SMT");
  EXPECT_TRUE(wrong[0].holds_for_all);
  EXPECT_THAT(wrong[0].labels, ElementsAre("a", "a clients=300"));
  EXPECT_EQ(wrong[1].finding.check, "open files");
  EXPECT_FALSE(wrong[1].holds_for_all);
  EXPECT_THAT(wrong[1].labels, ElementsAre("a clients=300"));
}

TEST(MachineOfARun, OfAnEarlierRecordIsNotCheckedWhereItLacksTheFact) {
  record::Manifest manifest;
  manifest.cells = {{.stack = "a", .label = "a"}};
  for (const auto& each : machine_findings(manifest)) {
    if (each.finding.check == "cores") continue;
    EXPECT_EQ(each.finding.gravity, Gravity::not_checked) << each.finding.check;
  }
  manifest.cells.clear();
  EXPECT_THAT(machine_findings(manifest), IsEmpty());
}

}  // namespace
}  // namespace unrig::analysis
