// Trials whose limiter was planted and that were called something else: bench/limiter.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "trial/limiter.h"
#include "trial/testing.h"

namespace unrig::trial {
namespace {

using record::Component;
using ::testing::Contains;

std::string limiter_of(const record::Trial& trial) {
  return find_limiter(trial).name;
}

// A queue of one connection turned clients away; the generator had looked away for 2 % of the time.
TEST(RecordedLimiter, AGeneratorThatLookedAwayForALittleBoundsNothing) {
  record::Trial trial = half_busy();
  trial.events.away_generator = "it did not look";
  trial.signals.processes[Component::load] = {.cpu_seconds = 0.1, .queue_wait_seconds = 0.7};
  EXPECT_EQ(limiter_of(trial), "clients");
  trial.signals.processes[Component::load].queue_wait_seconds = 0.75;
  EXPECT_EQ(limiter_of(trial), "load generator") << "a quarter of 3 s";
  trial.events = {.late_generator = "it was late"};
  trial.conditions->open_loop = true;
  trial.signals.generator.issue_delay_share = 0.02;
  EXPECT_NE(limiter_of(trial), "load generator");
  trial.signals.generator.issue_delay_share = 0.25;
  EXPECT_EQ(limiter_of(trial), "load generator");
}

// One of two sessions was being cleaned for the next of 26 clients for some of the time.
TEST(RecordedLimiter, SessionsThatMostWaitForAreItBeforeTheyAreAllInUse) {
  record::Trial waiting = half_busy();
  waiting.conditions->sessions = 20;
  waiting.signals.sessions.active_mean = 16;
  waiting.signals.sessions.waiting_mean = 2;
  EXPECT_EQ(limiter_of(waiting), "sessions") << "a fifth of ten";
  waiting.signals.sessions.waiting_mean = 1.9;
  EXPECT_EQ(limiter_of(waiting), "clients");
  waiting.signals.sessions = {.active_mean = 15.9, .waiting_mean = 2};
  EXPECT_EQ(limiter_of(waiting), "clients");
}

// Six sessions, all kept by the pools of two loops, for 40 clients: nobody waited at the pooler.
TEST(RecordedLimiter, SessionsThatTheApplicationKeepsAreItThoughNobodyWaitsAtThePooler) {
  record::Trial kept = half_busy();
  kept.conditions->clients = 40;
  kept.conditions->sessions = 6;
  kept.conditions->delay_us = 15'000;
  kept.throughput_per_s = 300;
  kept.service_us.mean = 1e6 * 39.8 / 300;
  kept.signals.machine.busy = 0.27;
  kept.signals.processes[Component::app] = {
      .cpu_seconds = 0.4, .busiest_thread = 0.12, .queue = {.mean = 0.0}};
  kept.signals.sessions = {.active_mean = 6.0, .waiting_mean = 0.0};
  kept.signals.activity = {
      .asleep = 4.7, .working = 0.2, .locked = 0.0, .io = 0.0, .idle_in_transaction = 0.2};
  EXPECT_EQ(limiter_of(kept), "sessions") << "4.5 asleep, 0.2 at work, 0.2 in a transaction";
  EXPECT_EQ(find_limiter(kept).evidence.front(),
            "4.9 of 6 sessions had a statement or a transaction, and many requests wait in the "
            "application, whose pools hold them");
  kept.signals.sessions = {};
  EXPECT_EQ(limiter_of(kept), "sessions") << "there need not be a pooler";
  kept.signals.activity.idle_in_transaction = 0.0;
  EXPECT_EQ(limiter_of(kept), "several") << "4.7 of 6";
  kept.signals.activity.idle_in_transaction = 0.2;
  kept.conditions->concurrency = scenario::Concurrency::sync;
  kept.workers = 6;
  EXPECT_EQ(limiter_of(kept), "workers") << "each has its own";
}

// Six clients of a queue of two connections had been turned away, and waited for a second.
TEST(RecordedLimiter, WhoWasTurnedAwayDoesNotWaitForAWorker) {
  record::Trial trial = half_busy();
  trial.conditions->concurrency = scenario::Concurrency::sync;
  trial.conditions->clients = 20;
  trial.workers = 4;
  trial.window_seconds = 2;
  trial.throughput_per_s = 103;
  trial.service_us.mean = 1e6 * 5.1 / 103;
  trial.signals.processes[Component::app] = {.cpu_seconds = 0.3,
                                             .queue = {.mean = 0.3, .most = 2, .limit = 2}};
  trial.signals.activity = {.asleep = 2.1, .working = 0.0, .locked = 0.0, .io = 0.0};
  trial.signals.doing = {.running = 0.6, .polling = 2.7, .receiving = 0.0};
  EXPECT_EQ(limiter_of(trial), "workers") << "nobody was turned away";
  trial.signals.machine.listen_overflows = 6;
  EXPECT_EQ(limiter_of(trial), "listen queue");
  trial.signals.processes[Component::app].queue.mean = 1.1;
  EXPECT_EQ(limiter_of(trial), "workers") << "a fifth waits for one in the queue itself";
}

// The database had one core for its statements, and ten workers waited for it.
TEST(RecordedLimiter, ADatabaseThatLacksCoresWhileOthersAreIdleIsIt) {
  record::Trial trial = full_workers();
  trial.conditions->clients = 40;
  trial.workers = 10;
  trial.window_seconds = 2;
  trial.throughput_per_s = 115;
  trial.service_us.mean = 1e6 * 39.5 / 115;
  trial.conditions->delay_us = 8'000;
  trial.signals.machine.busy = 0.57;
  trial.signals.processes[Component::app] = {
      .cpu_seconds = 1.0, .queue_wait_seconds = 2.4, .queue = {.mean = 30.2}};
  trial.signals.processes[Component::database] = {.cpu_seconds = 1.7, .queue_wait_seconds = 12.4};
  trial.signals.activity = {
      .asleep = 2.6, .working = 5.6, .locked = 0.0, .io = 0.0, .idle_in_transaction = 0.7};
  trial.signals.doing = {.running = 1.7, .polling = 8.3, .receiving = 0.0};
  EXPECT_EQ(limiter_of(trial), "database");
  EXPECT_THAT(find_limiter(trial).evidence,
              Contains("5.6 of them are ready to run without a core, while 57 % of the CPU is "
                       "busy"));
  trial.signals.processes[Component::database].queue_wait_seconds = 4;
  EXPECT_EQ(limiter_of(trial), "workers") << "2.0 of 8.2 requests that something is done for";
  trial.signals.processes[Component::database].queue_wait_seconds = 12.4;
  trial.signals.machine.busy = 0.95;
  EXPECT_EQ(limiter_of(trial), "cpu") << "nobody has cores to spare";
}

}  // namespace
}  // namespace unrig::trial
