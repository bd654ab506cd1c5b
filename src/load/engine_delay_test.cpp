#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/simulation.h"
#include "load/verdict.h"

namespace unrig::load {
namespace {

using namespace std::chrono_literals;
using namespace simulation;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ClosedLoop, FreezeOfTheServerIsAGap) {
  Simulation run{closed_plan(10, 8s), freezes(1ms, start + 4s, start + 5s)};
  EXPECT_NEAR(seconds(run().longest_gap), 1, 0.01);
  run.server = answers_after(1ms);
  EXPECT_EQ(run().longest_gap, 1ms);
  // While everybody thinks nobody waits for an answer.
  run = {closed_plan(1, 8s), answers_after(2ms)};
  std::get<ClosedLoop>(run.plan.loop).think_time = 500ms;
  EXPECT_EQ(run().longest_gap, 2ms);
}

TEST(Engine, WhatHasNoAnswerIsKeptAsAWait) {
  // Every second request hangs; the run is stopped 10 ms after the last one was issued.
  std::stop_source stop;
  int asked = 0;
  Simulation run{open_plan(100, 100), [&](Instant now) {
                   if (++asked == 100) stop.request_stop();
                   return Reply{.when = asked % 2 == 0 ? now + 1h : now + 1ms, .bytes = ok_answer};
                 }};
  run.stop = stop.get_token();
  const Outcome stopped = run();
  EXPECT_EQ(stopped.unanswered_response.count(), stopped.window.unfinished);
  expect_within_one_percent(stopped.unanswered_response.max(), 990ms);
  // And those that a timeout ended have waited for that long.
  run.plan.timeout = 400ms;
  run.stop = {};
  const Outcome timed_out = run();
  EXPECT_EQ(timed_out.unanswered_response.count(), 50u);
  EXPECT_EQ(timed_out.unanswered_service.min(), 400ms);
}

TEST(Engine, SeriesCountsEachSecond) {
  Simulation run{open_plan(100, 64, 3s), freezes(1ms, start + 1s, start + 2s)};
  const Outcome outcome = run();
  ASSERT_EQ(outcome.series.size(), 3u);
  const double issued[] = {100, 64, 136};  // 36 wait for a connection until it ends
  const double completed[] = {100, 0, 200};
  for (std::size_t second = 0; second < 3; ++second) {
    EXPECT_NEAR(double(outcome.series[second].issued), issued[second], 1) << second;
    EXPECT_NEAR(double(outcome.series[second].completed), completed[second], 1) << second;
    EXPECT_EQ(outcome.series[second].responses.count(), outcome.series[second].completed);
  }
}

/// A closed loop of clients whose requests take `service`, and whose generator does not run for
/// `pause` from the middle of the run on, while they are under way.
Simulation paused_while_waiting(Duration service, Duration pause) {
  return {closed_plan(10, 2s), answers_after(service),
          [pause](SimulatedTransport& transport, Instant begin) {
            transport.pause_at = begin + 1s;
            transport.pause = pause;
          }};
}

TEST(ClosedLoop, PauseOfTheGeneratorIsItsOwnDelay) {
  for (const Duration pause : {Duration(200ms), Duration(5ms)}) {  // the second hides in a sleep
    Simulation run = paused_while_waiting(100us, pause);
    const Outcome outcome = run();
    expect_within_one_percent(outcome.generator.longest_stall, pause);
    // What was under way was answered within the pause, and read after it.
    EXPECT_GT(outcome.read_delay.max(), pause - 200us);
    EXPECT_LE(outcome.read_delay.max(), pause);
    EXPECT_EQ(outcome.stalls.count(), 1u);
    EXPECT_EQ(outcome.read_delay.quantile(0.99), 0ns);
    EXPECT_EQ(judge(run.plan, outcome).valid(), pause < 20ms);  // of 2 s
  }
}

TEST(ClosedLoop, LongPauseShowsWithoutTheKernelsWord) {
  // A stopped program waits for no core: only that it slept for longer than it had wanted tells.
  Simulation run = paused_while_waiting(100us, 500ms);
  run.tells_queue_wait = false;
  const Outcome outcome = run();
  EXPECT_GE(outcome.generator.longest_stall, 490ms);
  EXPECT_GE(outcome.read_delay.max(), 490ms);
  EXPECT_THAT(judge(run.plan, outcome).reasons,
              ElementsAre(HasSubstr("did not look at its sockets for")));
}

TEST(ClosedLoop, QuotaIsCountedWithinTheWindow) {
  Simulation run = paused_while_waiting(1ms, 50ms);
  EXPECT_FALSE(run().generator.throttling);  // not checked
  run.has_quota = true;
  EXPECT_EQ(run().generator.throttling->held, 50ms);
  run.plan.warmup = 1500ms;  // the pause is in it
  run.plan.duration = 500ms;
  EXPECT_EQ(run().generator.throttling->held, 0ms);
  // And one while the last answer is awaited.
  run = paused_while_waiting(900ms, 50ms);
  run.plan.duration = 950ms;
  run.has_quota = true;
  const auto quota = run().generator.throttling;
  ASSERT_TRUE(quota);
  EXPECT_EQ(quota->held, 0ms);
}

TEST(OpenLoop, PauseInWhichNothingWasUnderWayIsNoStall) {
  // 5/s, answered at once: between two requests nothing is missed.
  Simulation run{open_plan(5, 4, 2s), answers_after(1ms),
                 [](SimulatedTransport& transport, Instant begin) {
                   transport.pause_at = begin + 1100ms;
                   transport.pause = 50ms;
                 }};
  const Outcome outcome = run();
  EXPECT_EQ(outcome.stalls.count(), 0u);
  EXPECT_TRUE(judge(run.plan, outcome).valid());
}

TEST(ClosedLoop, SlowServerIsNoDelayOfTheGenerator) {
  Simulation run{closed_plan(10, 5s), freezes(8ms, start + 2s, start + 3s)};
  const Outcome outcome = run();
  EXPECT_EQ(outcome.read_delay.max(), 0ns);
  EXPECT_EQ(outcome.generator.longest_stall, 0ns);
  EXPECT_TRUE(judge(run.plan, outcome).valid());
}

TEST(ClosedLoop, ThinkingClientsArriveAllAlong) {
  std::vector<int> arrivals(10);
  Simulation run{closed_plan(100, 2s), [&](Instant now) {
                   const auto tenth = static_cast<std::size_t>((now - start) / 100ms);
                   if (tenth < arrivals.size()) ++arrivals[tenth];
                   return Reply{.when = now, .bytes = ok_answer};
                 }};
  std::get<ClosedLoop>(run.plan.loop).think_time = 1s;
  EXPECT_EQ(run().total.completed, 200u);
  for (const int count : arrivals) EXPECT_NEAR(count, 10, 9);  // all 100 at once in lockstep
}

TEST(Engine, StopWhileDrainingIsAStop) {
  std::stop_source stop;
  Simulation run{closed_plan(2, 1s), [&](Instant now) {
                   if (now > start + 900ms) stop.request_stop();
                   return Reply{.when = now + 950ms, .bytes = ok_answer};
                 }};
  run.stop = stop.get_token();
  const Outcome outcome = run();
  EXPECT_TRUE(outcome.stopped);
  EXPECT_EQ(outcome.total.unfinished, 2u);
  stop = {};
  run.stop = stop.get_token();
  run.server = answers_after(950ms);
  EXPECT_FALSE(run().stopped);
}

}  // namespace
}  // namespace unrig::load
