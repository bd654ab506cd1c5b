#include "analysis/gates_of_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/summary.h"

namespace unrig::analysis {
namespace {

using record::GateOutcome;
using ::testing::HasSubstr;

constexpr auto failure = static_cast<std::size_t>(tally::Failure::timeout);

/// "fast" serves twice what "slow" does, the baseline; both scatter by a percent, together.
record::Run two_stacks(int blocks) {
  record::Run run;
  for (const char* label : {"fast", "slow"})
    run.manifest.cells.push_back({.stack = label, .label = label});
  run.manifest.baseline = "slow";
  for (int block = 1; block <= blocks; ++block) {
    for (const auto& cell : run.manifest.cells) {
      record::Trial trial{.label = cell.label, .block = block};
      const double drift = 1 + 0.01 * block;
      trial.throughput_per_s = (cell.label == "fast" ? 2000 : 1000) * drift;
      trial.window_seconds = 100;
      trial.response_us = {.p50 = 10'000 * drift, .p99 = 40'000 * drift};
      trial.window.completed = 100'000;
      trial.total.completed = 100'000;
      run.trials.push_back(trial);
    }
  }
  return run;
}

std::vector<record::JudgedGate> judged(record::Run run, std::vector<std::string> gates) {
  run.manifest.gates_asked = std::move(gates);
  return judged_gates(run);
}

record::JudgedGate first(const record::Run& run, const std::string& gate) {
  return judged(run, {gate}).at(0);
}

TEST(GatesOfARun, AreJudgedByTheIntervalsOfItsTable) {
  const record::Run run = two_stacks(4);
  const Summary summary = summarize(run);
  const auto gates = judged(run, {"p99 < 50ms", "throughput > 1500/s", "fast: ratio >= 1.9"});
  ASSERT_EQ(gates.size(), 5U);
  const Row& fast = summary.rows.front();
  ASSERT_EQ(fast.cell.label, "fast");
  EXPECT_EQ(gates[0].label, "fast");
  EXPECT_EQ(gates[0].high, fast.p99_us.high);
  EXPECT_EQ(gates[0].outcome, GateOutcome::passed);
  EXPECT_EQ(gates[2].low, fast.throughput_per_s.low);
  EXPECT_EQ(gates[2].outcome, GateOutcome::passed);
  EXPECT_EQ(gates[3].label, "slow");
  EXPECT_EQ(gates[3].outcome, GateOutcome::failed);
  EXPECT_EQ(gates[4].against, "slow");
  EXPECT_EQ(gates[4].low, fast.ratio.low);
  EXPECT_NEAR(*gates[4].estimate, 2, 1e-9);
  EXPECT_EQ(gates[4].outcome, GateOutcome::passed);
}

TEST(GatesOfARun, AreInItsSummaryAndItsComparison) {
  record::Run run = two_stacks(3);
  run.manifest.gates_asked = {"failed = 0"};
  EXPECT_EQ(summarize(run).gates.size(), 2U);
}

TEST(GatesOfARun, AHigherConfidenceWidens) {
  const record::Run run = two_stacks(4);
  for (const char* metric : {"throughput > 1/s", "p99 < 50ms", "p99_ratio < 2", "ratio > 1"}) {
    const auto usual = first(run, "fast: " + std::string(metric));
    const auto surer = first(run, fmt::format("fast: {} @ 99%", metric));
    EXPECT_EQ(surer.confidence, 0.99) << metric;
    EXPECT_LE(*surer.low, *usual.low) << metric;
    EXPECT_GE(*surer.high, *usual.high) << metric;
  }
  EXPECT_LT(*first(run, "fast: p99 < 1s @ 99%").low, *first(run, "fast: p99 < 1s").low);
}

TEST(GatesOfARun, WithoutAnIntervalAreUndecided) {
  auto gate = first(two_stacks(2), "fast: p99 < 50ms");
  EXPECT_EQ(gate.outcome, GateOutcome::undecided);
  EXPECT_EQ(gate.why, "an interval takes 3 trials that count, there are 2");
  EXPECT_TRUE(gate.estimate) << "which is far below, and decides nothing";
  gate = first(two_stacks(1), "ratio > 1");
  EXPECT_EQ(gate.outcome, GateOutcome::undecided);
  EXPECT_EQ(gate.why, "an interval takes 3 blocks in common, there is 1");
  gate = first(two_stacks(0), "failed = 0");
  EXPECT_EQ(gate.outcome, GateOutcome::undecided);
  EXPECT_EQ(gate.why, "no trial was made");
  EXPECT_EQ(first(two_stacks(2), "failed_rate < 1%").outcome, GateOutcome::undecided);
}

TEST(GatesOfARun, OfAStackThatDoesNotCountAreUndecided) {
  record::Run run = two_stacks(4);
  run.manifest.cells[0].failure = "no module named x";
  EXPECT_EQ(first(run, "fast: p99 < 50ms").why, "fast was not measured: no module named x");
  run = two_stacks(4);
  run.manifest.cells[1].claims = {
      {.claim = "workers", .expected = "2", .observed = "1", .ok = false}};
  EXPECT_THAT(first(run, "fast: ratio > 1").why, HasSubstr("slow is not what it claims to be"));
  EXPECT_EQ(first(run, "fast: p99 < 50ms").outcome, GateOutcome::passed);
  run.manifest.cells[1].claims[0].ok.reset();
  run.manifest.cells[1].claims[0].claimed = true;
  EXPECT_THAT(first(run, "fast: ratio > 1").why, HasSubstr("slow is not proven to be"));
  run = two_stacks(4);
  for (auto& trial : run.trials) trial.verdict.reject("planted");
  const auto gate = first(run, "slow: throughput > 1/s");
  EXPECT_EQ(gate.outcome, GateOutcome::undecided);
  EXPECT_EQ(gate.why, "no trial of slow counts");
}

TEST(GatesOfARun, OfAQuantileThatTrialsAreTooSmallForAreUndecided) {
  record::Run run = two_stacks(4);
  run.trials[0].window.completed = 900;
  const auto gate = first(run, "fast: p99 < 1h");
  EXPECT_EQ(gate.outcome, GateOutcome::undecided);
  EXPECT_EQ(gate.why, "fast: P99 needs 1000 requests in a trial, block 1 had 900");
  EXPECT_THAT(first(run, "fast: p99_ratio < 9").why, HasSubstr("P99 needs 1000"));
  EXPECT_EQ(first(run, "fast: p50 < 1h").outcome, GateOutcome::passed);
  EXPECT_EQ(first(run, "slow: p99 < 1h").outcome, GateOutcome::passed);
}

TEST(GatesOfARun, CountFailuresInTrialsThatDoNotCountToo) {
  record::Run run = two_stacks(4);
  EXPECT_EQ(first(run, "fast: failed = 0").outcome, GateOutcome::passed);
  run.trials[2].total.failed_by[failure] = 7;
  run.trials[2].verdict.reject("too many failed");
  const auto gate = first(run, "fast: failed = 0");
  EXPECT_EQ(gate.outcome, GateOutcome::failed);
  EXPECT_EQ(gate.estimate, 7);
  EXPECT_EQ(gate.low, gate.high);
  EXPECT_EQ(first(run, "slow: failed = 0").outcome, GateOutcome::passed);
}

TEST(GatesOfARun, AShareOfFailuresHasAnInterval) {
  record::Run run = two_stacks(4);
  const auto none = first(run, "fast: failed_rate < 0.01%");
  EXPECT_EQ(none.outcome, GateOutcome::passed);
  EXPECT_GT(*none.high, 0) << "none of 400,000 is not none at all";
  EXPECT_EQ(first(run, "fast: failed_rate < 0.0001%").outcome, GateOutcome::undecided);
  for (auto& trial : run.trials) trial.total.failed_by[failure] = 1000;
  EXPECT_EQ(first(run, "fast: rate < 0.5%").outcome, GateOutcome::failed);
}

TEST(GatesOfARun, ThatAreOfNothingOrAreNoneAreUndecided) {
  const auto gates = judged(two_stacks(4), {"other: p99 < 1s", "of tomorrow"});
  ASSERT_EQ(gates.size(), 2U);
  EXPECT_THAT(gates[0].why, HasSubstr("nothing that is measured is called 'other'"));
  EXPECT_THAT(gates[1].why, HasSubstr("compares nothing"));
  for (const auto& gate : gates) EXPECT_EQ(gate.outcome, GateOutcome::undecided);
}

}  // namespace
}  // namespace unrig::analysis
