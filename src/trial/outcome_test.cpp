#include "trial/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stats/hlog.h"

namespace unrig::trial {
namespace {

using namespace std::chrono_literals;

TEST(TrialOutcome, HandsOverAllTimesNotOnlyTheirQuantiles) {
  load::Outcome outcome;
  outcome.response.record(30ms, 3);
  outcome.service.record(20ms, 2);
  outcome.issue_delay.record(10us, 1);
  record::Trial trial;
  fill(trial, outcome, {});
  ASSERT_TRUE(trial.histograms);
  EXPECT_EQ(stats::unpack_histogram(trial.histograms->response)->count(), 3U);
  EXPECT_EQ(stats::unpack_histogram(trial.histograms->service)->count(), 2U);
  EXPECT_EQ(stats::unpack_histogram(trial.histograms->issue_delay)->count(), 1U);
}

TEST(TrialOutcome, FiguresOfTheLoadAreThoseOfTheTrial) {
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
  ASSERT_EQ(closed.not_checked.size(), 1u);
  EXPECT_EQ(closed.not_checked[0].what, "whether the load generator is on time to 50 us");
}

TEST(TrialOutcome, TheGeneratorIsAComponentLikeTheOthers) {
  load::Outcome outcome;
  outcome.window_length = 5s;
  outcome.generator.cpu = 2s;
  outcome.generator.queue_wait = 100ms;
  outcome.generator.longest_stall = 3ms;
  outcome.generator.involuntary_switches = 7;
  outcome.response.record(10ms, 1);
  outcome.issue_delay.record(1ms, 1);
  record::Signals signals;
  write(signals, outcome);
  const record::ProcessSignals& load = *signals.of(record::Component::load);
  EXPECT_EQ(*load.cpu_seconds, 2);
  EXPECT_DOUBLE_EQ(*load.queue_wait_seconds, 0.1);
  EXPECT_DOUBLE_EQ(*load.busiest_thread, 0.4);
  EXPECT_DOUBLE_EQ(*load.busiest_thread_wait, 0.02);
  EXPECT_THAT(load.times_scheduled.why(), ::testing::HasSubstr("how often it lost its core"));
  EXPECT_EQ(*signals.generator.threads, 1);
  EXPECT_EQ(*signals.generator.switched_off, 7u);
  EXPECT_DOUBLE_EQ(*signals.generator.longest_stall_seconds, 0.003);
  EXPECT_NEAR(*signals.generator.issue_delay_share, 0.1, 1e-3);

  outcome.generator.threads = 2;
  outcome.generator.queue_wait.reset();
  outcome.response = {};
  write(signals, outcome);
  EXPECT_FALSE(load.busiest_thread);
  EXPECT_FALSE(load.busiest_thread_wait);
  EXPECT_EQ(load.queue_wait_seconds.why(), "the kernel does not tell");
  EXPECT_FALSE(signals.generator.issue_delay_share);
}

}  // namespace
}  // namespace unrig::trial
