#include "analysis/gates_of_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::analysis {
namespace {

using record::GateOutcome;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr auto failure = static_cast<std::size_t>(tally::Failure::timeout);

/// So many whole seconds, each with `per_second` requests of about 10 ms, a tenth more in every
/// other second.
record::LoadRun load_of(std::size_t seconds, int per_second) {
  record::LoadRun run{.seed = 1};
  for (std::size_t i = 0; i < seconds; ++i) {
    stats::CoarseHistogram times;
    const int requests = i % 2 == 0 ? per_second : per_second * 11 / 10;
    for (int k = 0; k < requests; ++k) {
      const Duration time = 10ms + i % 2 * 1ms;
      times.record(time);
      run.response.record(time);
    }
    run.series.push_back({.issued = static_cast<std::uint64_t>(requests),
                          .completed = static_cast<std::uint64_t>(requests),
                          .responses = times.take()});
    run.total.completed += static_cast<std::uint64_t>(requests);
  }
  run.total.scheduled = run.total.issued = run.total.completed;
  run.window = run.total;
  run.window_seconds = static_cast<double>(seconds);
  run.throughput_per_s = static_cast<double>(run.total.completed) / run.window_seconds;
  run.response_us = record::times(run.response);
  return run;
}

record::JudgedGate first(const record::LoadRun& run, const std::string& text) {
  const auto gate = parse_gate(text);
  EXPECT_TRUE(gate) << text;
  return judged_gates(std::vector{*gate}, run).at(0);
}

TEST(GatesOfALoad, AreJudgedByHowEvenItsSecondsAre) {
  const record::LoadRun run = load_of(10, 2000);
  const auto rate = first(run, "throughput > 1900/s");
  EXPECT_DOUBLE_EQ(*rate.estimate, 2100) << "that of the load, not the mean of its seconds";
  EXPECT_LT(*rate.low, 2100);
  EXPECT_GT(*rate.low, 2000) << "ten seconds that differ by a tenth";
  EXPECT_EQ(rate.outcome, GateOutcome::passed);
  EXPECT_EQ(first(run, "throughput > 2100/s").outcome, GateOutcome::undecided);
  EXPECT_EQ(first(run, "throughput > 2500/s").outcome, GateOutcome::failed);
  const auto p99 = first(run, "p99 < 20ms");
  EXPECT_NEAR(*p99.estimate, 11'000, 50);
  EXPECT_EQ(p99.outcome, GateOutcome::passed);
  EXPECT_EQ(first(run, "p99 < 11ms").outcome, GateOutcome::undecided);
  EXPECT_EQ(first(run, "p99 < 5ms").outcome, GateOutcome::failed);
  EXPECT_TRUE(p99.label.empty());
}

TEST(GatesOfALoad, SecondsThatAreAlikeStillHaveSlotsOfSomeWidth) {
  record::LoadRun run = load_of(8, 2000);
  for (auto& second : run.series) second = run.series.front();
  const auto p50 = first(run, "p50 < 1s");
  EXPECT_NEAR(*p50.high / *p50.low, 1 + 2.0 / 64, 1e-3);
}

TEST(GatesOfALoad, QuantilesTakeAsManySecondsAsTheyNeed) {
  // A second has 300 requests, a P99 takes 1,000: four seconds, of which there are five times.
  EXPECT_EQ(first(load_of(20, 300), "p99 < 1s").outcome, GateOutcome::passed);
  const auto few = first(load_of(19, 300), "p99 < 1s");
  EXPECT_EQ(few.outcome, GateOutcome::undecided);
  EXPECT_EQ(few.why, "P99 takes 1000 requests in each of 5 stretches of the load");
  EXPECT_EQ(first(load_of(19, 300), "p50 < 1s").outcome, GateOutcome::passed);
}

TEST(GatesOfALoad, TheWarmUpIsNoPartOfIt) {
  record::LoadRun run = load_of(11, 2000);
  const double before = *first(run, "throughput > 1/s").low;
  run.series.front().completed = 1;
  run.warmup_seconds = 1;
  run.window_seconds = 10;
  EXPECT_GT(*first(run, "throughput > 1/s").low, 0.9 * before);
  run.warmup_seconds = 0.5;  // whole seconds: from the second one on
  EXPECT_GT(*first(run, "throughput > 1/s").low, 0.9 * before);
  run.warmup_seconds = 0;
  EXPECT_LT(*first(run, "throughput > 1/s").low, 0.5 * before);
}

TEST(GatesOfALoad, WithoutAnIntervalAreUndecided) {
  const auto brief = first(load_of(4, 2000), "p50 < 1h");
  EXPECT_EQ(brief.outcome, GateOutcome::undecided);
  EXPECT_EQ(brief.why, "an interval takes 5 whole seconds of load, there are 4");
  record::LoadRun run = load_of(10, 2000);
  run.ramp = true;
  EXPECT_EQ(first(run, "p50 < 1h").why, "a ramp has no one level");
  run = load_of(10, 2000);
  run.series[3].completed = 0;
  EXPECT_EQ(first(run, "throughput > 1/s").why, "nothing was completed in a whole second");
  run = load_of(10, 2000);
  run.verdict.reasons = {"the load generator was late"};
  EXPECT_THAT(first(run, "p50 < 1h").why, HasSubstr("not valid: the load generator was late"));
  run = load_of(10, 2000);
  run.response_us.p99.kind = record::Figure::Kind::at_least;
  EXPECT_THAT(first(run, "p99 < 1h").why, HasSubstr("only known to be longer"));
  EXPECT_EQ(first(record::LoadRun{}, "failed = 0").why, "no request was sent");
}

TEST(GatesOfALoad, CountFailuresOfTheWholeLoad) {
  record::LoadRun run = load_of(10, 2000);
  EXPECT_EQ(first(run, "failed = 0").outcome, GateOutcome::passed);
  EXPECT_EQ(first(run, "failed_rate < 1%").outcome, GateOutcome::passed);
  run.total.failed_by[failure] = 400;
  for (auto& second : run.series) second.failed = 40;
  run.verdict.reasons = {"whatever it was"};
  EXPECT_EQ(first(run, "failed = 0").outcome, GateOutcome::failed);
  EXPECT_EQ(first(run, "failed <= 400").outcome, GateOutcome::passed);
  EXPECT_EQ(first(run, "failed_rate < 1%").outcome, GateOutcome::failed);
  EXPECT_EQ(first(run, "failed_rate < 1.9%").outcome, GateOutcome::undecided);
  EXPECT_EQ(first(load_of(2, 2000), "failed_rate < 1%").outcome, GateOutcome::undecided);
}

TEST(GatesOfALoad, HaveNeitherNameNorRatio) {
  const auto error = [](const char* text) {
    const auto checked = check_gates_of_load(std::vector{*parse_gate(text)});
    return checked ? "" : checked.error().what + "; " + checked.error().help;
  };
  EXPECT_EQ(error("p99 < 1s"), "");
  EXPECT_EQ(error("flask: p99 < 1s"),
            "'flask: p99 < 1s': a load has one address, and no name; leave 'flask:' out");
  EXPECT_THAT(error("ratio > 1"), HasSubstr("held against nothing; unrig compare"));
}

}  // namespace
}  // namespace unrig::analysis
