#include <gtest/gtest.h>

#include "trial/judge.h"

namespace unrig::trial {
namespace {

using namespace std::chrono_literals;

record::Trial half_busy() {
  record::Trial trial;
  trial.workers = 7;
  trial.total = {
      .scheduled = 1000, .issued = 1000, .dropped = 0, .completed = 1000, .unfinished = 0};
  trial.window = trial.total;
  trial.window_seconds = 5;
  trial.service_us.mean = 100'000;
  trial.disturbance.machine_busy = 0.5;
  return trial;
}
Circumstances usual() {
  return {.concurrency = scenario::Concurrency::async_coroutine,
          .clients = 100,
          .sessions = 100,
          .delay = 20ms,
          .cores = 2};
}

TEST(Limiter, EachRuleNamesItsLimiter) {
  record::Trial errors = half_busy();
  errors.total.failed_by[0] = 10;
  EXPECT_EQ(find_limiter(errors, usual()).name, "errors");

  Circumstances generator = usual();
  generator.generator_cpu = 4900ms;
  EXPECT_EQ(find_limiter(half_busy(), generator).name, "load generator");

  record::Trial busy = half_busy();
  busy.disturbance.machine_busy = 0.95;
  busy.cpu_us_per_request = {.load = 10, .proxy = 20, .app = 60, .pooler = 0, .database = 10};
  const auto cpu = find_limiter(busy, usual());
  EXPECT_EQ(cpu.name, "cpu");
  EXPECT_EQ(cpu.evidence.front(),
            "95 % of 2 cores busy: app 60 %, proxy 20 %, load 10 %, database 10 %");

  record::Trial waiting = half_busy();
  waiting.db.clients_waiting_mean = 3;
  Circumstances sessions = usual();
  sessions.sessions = 10;
  sessions.servers_active_mean = 9.9;
  EXPECT_EQ(find_limiter(waiting, sessions).name, "sessions");

  Circumstances sync = usual();
  sync.concurrency = scenario::Concurrency::sync;
  EXPECT_EQ(find_limiter(half_busy(), sync).name, "workers");

  EXPECT_EQ(find_limiter(half_busy(), usual()).name, "clients");
  record::Trial sleeping = half_busy();
  sleeping.service_us.mean = 25'000;
  EXPECT_EQ(find_limiter(sleeping, usual()).name, "latency");
  Circumstances open = usual();
  open.open_loop = true;
  EXPECT_EQ(find_limiter(half_busy(), open).name, "unattributed");
}

TEST(Limiter, ARuleAloneConfirmsNothing) {
  EXPECT_FALSE(find_limiter(half_busy(), usual()).confirmed);
}

}  // namespace
}  // namespace unrig::trial
