#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "analysis/machine.h"

namespace unrig::analysis {
namespace {

using record::Examination;
using record::Finding;
using record::Gravity;
using record::Reading;
using ::testing::HasSubstr;

/// A machine on which everything is as it should be.
Examination good() {
  Examination seen;
  seen.demand = {.clients = 100, .most_per_s = 5000, .listen_backlog = 2048};
  seen.programs = {
      {.name = "nginx", .wanted_by = "every stack", .found = "1.22.1 /usr/sbin/nginx"}};
  seen.probes = {.around = {.steal = 0, .foreign = 0.01, .unseen = 0},
                 .disk_free_bytes = 50'000'000'000,
                 .generator_per_s = 20'000.0,
                 .generator_cores = 0.8,
                 .timer_p50_us = 5.0,
                 .timer_p99_us = 60.0,
                 .timer_max_us = 90.0,
                 .answer_with_nagle_us = 40'900.0,
                 .answer_without_nagle_us = 25.0,
                 .chain_stack = "flask-gunicorn",
                 .chain_per_s = {600, 612},
                 .chain_difference = 0.02};
  return seen;
}

Finding finding(const std::string& check, const Examination& seen) {
  const auto all = findings_of(seen);
  const auto at = std::ranges::find(all, check, &Finding::check);
  return at == all.end() ? Finding{.observed = "no such check"} : *at;
}
Gravity gravity_of(const std::string& check, const Examination& seen) {
  return finding(check, seen).gravity;
}

TEST(Examined, AGoodMachineIsFine) {
  for (const char* check : {"nginx", "disk", "other programs", "load generator", "timers",
                            "Nagle's algorithm", "identical seconds"})
    EXPECT_EQ(gravity_of(check, good()), Gravity::fine) << check;
}

TEST(Examined, WhatWasNotMeasuredHasItsReason) {
  Examination seen;
  seen.probes.generator_per_s = Reading<double>::not_checked("no port is free");
  EXPECT_EQ(finding("load generator", seen).observed, "no port is free");
  for (const char* check : {"disk", "other programs", "load generator", "timers",
                            "Nagle's algorithm", "identical seconds"})
    EXPECT_EQ(gravity_of(check, seen), Gravity::not_checked) << check;
}

TEST(Examined, AMissingProgramHasItsPackage) {
  Examination seen = good();
  seen.programs.push_back({.name = "pgbouncer",
                           .wanted_by = "every stack",
                           .missing = "the program pgbouncer is missing",
                           .help = "apt-get install pgbouncer"});
  seen.programs.push_back({.name = "python of 2020",
                           .wanted_by = "stacks of 2020",
                           .needed = false,
                           .missing = "no CPython 3.8",
                           .help = "uv python install 3.8"});
  EXPECT_EQ(gravity_of("pgbouncer", seen), Gravity::spoils);
  EXPECT_EQ(finding("pgbouncer", seen).help, "apt-get install pgbouncer");
  EXPECT_EQ(gravity_of("python of 2020", seen), Gravity::matters) << "others can be measured";
}

TEST(Examined, TheDiskMattersBeforeItSpoils) {
  Examination seen = good();
  seen.probes.disk_free_bytes = little_disk;
  EXPECT_EQ(gravity_of("disk", seen), Gravity::fine);
  seen.probes.disk_free_bytes = little_disk - 1;
  EXPECT_EQ(gravity_of("disk", seen), Gravity::matters);
  seen.probes.disk_free_bytes = too_little_disk - 1;
  EXPECT_EQ(gravity_of("disk", seen), Gravity::spoils);
}

TEST(Examined, OthersSpoilWhatATrialWouldNotCountFor) {
  Examination seen = good();
  seen.probes.around = {.steal = 0.02, .foreign = 0.5, .foreign_name = "cc1plus"};
  EXPECT_EQ(gravity_of("other programs", seen), Gravity::spoils);
  EXPECT_THAT(finding("other programs", seen).observed,
              HasSubstr("the hypervisor took 2.0 % of the CPU time; other programs used 50 %"));
  EXPECT_THAT(finding("other programs", seen).help, HasSubstr("other guests"));
  seen.probes.around.steal = 0;
  EXPECT_THAT(finding("other programs", seen).help, HasSubstr("ps -C cc1plus"));
}

TEST(Examined, TheGeneratorReachesThreeTimesThePlan) {
  Examination seen = good();  // 20,000/s with 0.8 of a core: 25,000/s
  EXPECT_THAT(finding("load generator", seen).observed, HasSubstr("25000/s at most, 5.0 times"));
  seen.demand.most_per_s = 25'000.0 / 3;
  EXPECT_EQ(gravity_of("load generator", seen), Gravity::fine);
  seen.demand.most_per_s = 8400;
  EXPECT_EQ(gravity_of("load generator", seen), Gravity::matters);
  seen.demand.most_per_s = 30'000;
  EXPECT_EQ(gravity_of("load generator", seen), Gravity::matters) << "so many need not come";
  seen.demand.rate_is_given = true;
  EXPECT_EQ(gravity_of("load generator", seen), Gravity::spoils);
  seen.demand.most_per_s = 24'000;
  EXPECT_EQ(gravity_of("load generator", seen), Gravity::matters);
  seen.demand.most_per_s.reset();
  EXPECT_EQ(gravity_of("load generator", seen), Gravity::fine);
}

TEST(Examined, ACeilingOfSeveralThreadsIsNoneOfPartOfACore) {
  Examination seen = good();
  seen.probes.generator_cores = 1.9;
  EXPECT_THAT(finding("load generator", seen).observed, HasSubstr("20000/s at most"));
}

TEST(Examined, LateTimersSpoilAnOpenLoopAlone) {
  Examination seen = good();
  seen.probes.timer_p99_us = late_timer_us;
  EXPECT_EQ(gravity_of("timers", seen), Gravity::fine);
  seen.probes.timer_p99_us = late_timer_us + 1;
  EXPECT_EQ(gravity_of("timers", seen), Gravity::matters);
  seen.demand.rate_is_given = true;
  EXPECT_EQ(gravity_of("timers", seen), Gravity::matters);
  seen.probes.timer_p99_us = too_late_timer_us + 1;
  EXPECT_EQ(gravity_of("timers", seen), Gravity::spoils);
  EXPECT_THAT(finding("timers", seen).observed, HasSubstr("5 us at P50, 1.0 ms at P99, 90 us"));
  seen.demand.rate_is_given = false;
  EXPECT_EQ(gravity_of("timers", seen), Gravity::matters);
}

TEST(Examined, ThePlateauMattersWhereConnectionsAreKept) {
  Examination seen = good();
  EXPECT_THAT(finding("Nagle's algorithm", seen).observed, HasSubstr("40.9 ms"));
  seen.demand.keeps_connections = true;
  EXPECT_EQ(gravity_of("Nagle's algorithm", seen), Gravity::matters);
  seen.probes.answer_with_nagle_us = 30;
  EXPECT_EQ(gravity_of("Nagle's algorithm", seen), Gravity::fine) << "confirmed at once";
  seen.probes.answer_with_nagle_us = 90'000;
  seen.probes.answer_without_nagle_us = 50'000;
  EXPECT_EQ(gravity_of("Nagle's algorithm", seen), Gravity::fine) << "slow in any case";
}

TEST(Examined, SecondsThatDifferMatter) {
  Examination seen = good();
  EXPECT_EQ(finding("identical seconds", seen).observed,
            "differ by 2.0 % (600, 612 requests/s of flask-gunicorn)");
  seen.probes.chain_difference = differing_seconds + 0.001;
  EXPECT_EQ(gravity_of("identical seconds", seen), Gravity::matters);
}

TEST(DifferenceOfSeconds, IsThatOfNeighbours) {
  // (20/110)^2 and (20/110)^2 again; their mean's root.
  EXPECT_NEAR(difference_of_seconds(std::vector<double>{100, 120, 100}), 20.0 / 110, 1e-12);
  // 0 and 2/3.
  EXPECT_NEAR(difference_of_seconds(std::vector<double>{50, 50, 100}), std::sqrt(2.0 / 9), 1e-12);
  EXPECT_EQ(difference_of_seconds(std::vector<double>{50}), 0);
  EXPECT_EQ(difference_of_seconds({}), 0);
  EXPECT_EQ(difference_of_seconds(std::vector<double>{0, 0}), 0);
}

}  // namespace
}  // namespace unrig::analysis
