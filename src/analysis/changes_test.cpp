#include "analysis/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace unrig::analysis {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Played {
  std::string knob;
  double times;  ///< of the throughput
  double cpu;    ///< of the CPU time per request
};

/// Stack "a" with its database connections, and with each of these settings changed.
record::Run run_of(const std::vector<Played>& changes, int blocks = 5) {
  record::Run run;
  run.manifest.blocks = blocks;
  run.manifest.baseline = "a";
  run.manifest.cells.push_back({.stack = "a", .label = "a", .knobs = {{"clients", "50"}}});
  for (const auto& change : changes) {
    run.manifest.cells.push_back({.stack = "a",
                                  .label = "a " + change.knob + "=false",
                                  .knobs = {{"clients", "50"}, {change.knob, "false"}},
                                  .role = record::Role::perturbation});
  }
  for (int block = 1; block <= blocks; ++block) {
    for (std::size_t i = 0; i <= changes.size(); ++i) {
      record::Trial trial{.label = run.manifest.cells[i].label, .block = block};
      const double times = i == 0 ? 1 : changes[i - 1].times * (block % 2 == 0 ? 1.002 : 0.998);
      trial.throughput_per_s = (1000 + 10 * block) * times;
      trial.response_us.p50 = 50'000 / times;
      const double cpu = 400 * (i == 0 ? 1 : changes[i - 1].cpu);
      trial.cpu_us_per_request = {.proxy = cpu, .app = cpu, .pooler = 0, .database = cpu};
      run.trials.push_back(trial);
    }
  }
  return run;
}

TEST(Changes, AreHeldAgainstTheCellThatWasAskedFor) {
  const auto found = changes_of(run_of({{"proxy.enabled", 1.25, 0.8}, {"pooler.enabled", 0.5, 2}}));
  EXPECT_EQ(found.of, "a");
  ASSERT_EQ(found.changes.size(), 2U);
  const Change& proxy = found.changes[0];
  EXPECT_EQ(proxy.text, "proxy.enabled=false");
  EXPECT_EQ(proxy.knobs, (record::Pairs{{"proxy.enabled", "false"}})) << "and not its clients";
  EXPECT_NEAR(proxy.throughput.estimate, 1.25, 0.01);
  EXPECT_NEAR(proxy.p50.estimate, 0.8, 0.01);
  EXPECT_NEAR(proxy.cpu.estimate, 0.8, 1e-9);
  EXPECT_EQ(proxy.standing, stats::Standing::faster);
  EXPECT_EQ(found.changes[1].standing, stats::Standing::slower);
  EXPECT_DOUBLE_EQ(proxy.throughput.confidence, 0.975) << "shared between the two";
}

TEST(Changes, WhatDoesMostIsSaidFirstAndWhatDoesNothingLast) {
  const auto found = changes_of(
      run_of({{"proxy.enabled", 1.25, 1}, {"pooler.enabled", 0.5, 1}, {"proxy.access_log", 1, 1}}));
  EXPECT_THAT(found.sentence, StartsWith("a serves, in requests/s, 0.500 times ["));
  EXPECT_THAT(found.sentence, HasSubstr("] with pooler.enabled=false, 1.249 times ["));
  EXPECT_THAT(found.sentence,
              HasSubstr("; no difference that matters with proxy.access_log=false"));
}

TEST(Changes, WithoutIntervalsAreUndecided) {
  const auto found = changes_of(run_of({{"proxy.enabled", 1.25, 1}}, 1));
  EXPECT_EQ(found.sentence, "undecided with proxy.enabled=false");
}

TEST(Changes, CpuTimeThatNobodyCouldReadIsNoZero) {
  auto run = run_of({{"proxy.enabled", 1.25, 1}});
  for (auto& trial : run.trials) trial.cpu_us_per_request.database.reset();
  EXPECT_TRUE(std::isnan(changes_of(run).changes.at(0).cpu.estimate));
}

TEST(Changes, OfARunThatHasNone) {
  EXPECT_TRUE(changes_of(run_of({})).changes.empty());
  EXPECT_TRUE(changes_of({}).changes.empty());
  auto run = run_of({{"proxy.enabled", 1, 1}});
  run.manifest.cells[1].stack = "b";
  EXPECT_TRUE(changes_of(run).changes.empty()) << "another stack is no change of this one";
}

}  // namespace
}  // namespace unrig::analysis
