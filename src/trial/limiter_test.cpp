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

TEST(Limiter, ErrorsAreMoreThanHalfAPercent) {
  record::Trial few = half_busy();
  few.total.failed_by[0] = 5;
  EXPECT_EQ(find_limiter(few, usual()).name, "clients");
  few.total.failed_by[0] = 6;
  EXPECT_EQ(find_limiter(few, usual()).evidence.front(), "6 of 1000 requests failed");
  record::Trial nothing = half_busy();
  nothing.window.completed = 0;
  EXPECT_EQ(find_limiter(nothing, usual()).name, "errors");
}

TEST(Limiter, TheGeneratorIsItFromNineTenthsOfItsCoresOn) {
  Circumstances around = usual();
  around.generator_cpu = 4500ms;
  EXPECT_EQ(find_limiter(half_busy(), around).evidence.front(), "90 % of its core");
  around.generator_cpu = 4400ms;
  EXPECT_EQ(find_limiter(half_busy(), around).name, "clients");
  around.generator_cpu = 4500ms;
  around.generator_threads = 2;
  EXPECT_EQ(find_limiter(half_busy(), around).name, "clients") << "45 % of each of two";
  around.generator_threads = 1;
  around.open_loop = true;
  EXPECT_EQ(find_limiter(half_busy(), around).name, "unattributed") << "it may have waited";
}

TEST(Limiter, FromOutsideOnlyErrorsAndTheGeneratorAreSeen) {
  Circumstances around = usual();
  around.sees_server = false;
  around.generator_cpu = 2s;
  const auto seen = find_limiter(half_busy(), around);
  EXPECT_EQ(seen.name, "unattributed");
  EXPECT_EQ(seen.evidence.front(),
            "seen from outside only: the load generator used 40 % of its core, 50 % of this "
            "machine's CPU was busy");
  record::Trial unread = half_busy();
  unread.disturbance.machine_busy.reset();
  EXPECT_EQ(find_limiter(unread, around).evidence.front(),
            "seen from outside only: the load generator used 40 % of its core");
}

TEST(Limiter, WhetherTheCpuWasUsedUpComesFirst) {
  record::Trial busy = half_busy();
  busy.disturbance.machine_busy = 0.92;
  EXPECT_EQ(find_limiter(busy, usual()).evidence.front(), "92 % of 2 cores busy: ");
  busy.disturbance.machine_busy = 0.91;
  EXPECT_EQ(find_limiter(busy, usual()).name, "clients");
  busy.disturbance.machine_busy.reset();
  EXPECT_EQ(find_limiter(busy, usual()).evidence.front(),
            "whether the CPU was used up could not be read");
}

TEST(Limiter, SessionsAreItWhenNearlyAllAreInUseAndSomebodyWaits) {
  Circumstances around = usual();
  around.sessions = 20;
  around.servers_active_mean = 19;
  record::Trial waiting = half_busy();
  EXPECT_EQ(find_limiter(waiting, around).name, "clients") << "nobody waits";
  waiting.db.clients_waiting_mean = 0.5;
  EXPECT_EQ(find_limiter(waiting, around).evidence.front(),
            "19.0 of 20 sessions in use, 0.5 waiting");
  around.servers_active_mean = 18.9;
  EXPECT_EQ(find_limiter(waiting, around).name, "clients");
}

TEST(Limiter, WorkersAreItWhereMoreClientsShareThem) {
  Circumstances around = usual();
  around.concurrency = scenario::Concurrency::threads;
  EXPECT_EQ(find_limiter(half_busy(), around).evidence.front(),
            "100 clients share 7 workers while 50 % of the CPU is busy");
  around.clients = 7;
  EXPECT_EQ(find_limiter(half_busy(), around).evidence.front(),
            "7 clients leave 50 % of the CPU idle");
  around.clients = 1;
  EXPECT_EQ(find_limiter(half_busy(), around).evidence.front(),
            "1 client leaves 50 % of the CPU idle");
  around.clients = 100;
  around.open_loop = true;
  EXPECT_EQ(find_limiter(half_busy(), around).name, "unattributed");
}

TEST(Limiter, LatencyIsItWhereTheQuerySleepsMostOfTheTime) {
  record::Trial trial = half_busy();
  trial.service_us.mean = 28'000;  // of which 20 ms are 71 %
  EXPECT_EQ(
      find_limiter(trial, usual()).evidence.front(),
      "71 % of the response time is the query's sleep: this measures the sleep, not the stack");
  trial.service_us.mean = 29'000;
  EXPECT_EQ(find_limiter(trial, usual()).name, "clients");
  trial.service_us.mean.reset();  // then it is taken for 1 us
  Circumstances around = usual();
  around.delay = 600ns;
  EXPECT_EQ(find_limiter(trial, around).name, "clients");
  around.delay = 800ns;
  EXPECT_EQ(find_limiter(trial, around).name, "latency");
}

}  // namespace
}  // namespace unrig::trial
