#include "trial/limiter.h"

#include <gtest/gtest.h>

namespace unrig::trial {
namespace {

using record::Component;

/// 100 clients of an asynchronous stack with 100 sessions whose query sleeps 20 ms, on two cores.
record::Trial half_busy() {
  record::Trial trial;
  trial.workers = 7;
  trial.total = {
      .scheduled = 1000, .issued = 1000, .dropped = 0, .completed = 1000, .unfinished = 0};
  trial.window = trial.total;
  trial.window_seconds = 5;
  trial.service_us.mean = 100'000;
  trial.signals.machine.busy = 0.5;
  trial.conditions = record::Conditions{.clients = 100,
                                        .sessions = 100,
                                        .delay_us = 20'000,
                                        .cores = 2,
                                        .chain_cores = 2,
                                        .concurrency = scenario::Concurrency::async_coroutine};
  return trial;
}

void set_generator_cpu(record::Trial& trial, double seconds) {
  trial.signals.processes[Component::load].cpu_seconds = seconds;
}

TEST(Limiter, EachRuleNamesItsLimiter) {
  record::Trial errors = half_busy();
  errors.total.failed_by[0] = 10;
  EXPECT_EQ(find_limiter(errors).name, "errors");

  record::Trial generator = half_busy();
  set_generator_cpu(generator, 4.9);
  EXPECT_EQ(find_limiter(generator).name, "load generator");
  generator.signals.generator.threads = 2;
  EXPECT_EQ(find_limiter(generator).name, "clients") << "half of each core";

  record::Trial busy = half_busy();
  busy.signals.machine.busy = 0.95;
  busy.cpu_us_per_request = {.load = 10, .proxy = 20, .app = 60, .pooler = 0, .database = 10};
  const auto cpu = find_limiter(busy);
  EXPECT_EQ(cpu.name, "cpu");
  EXPECT_EQ(cpu.evidence.front(),
            "95 % of 2 cores busy: app 60 %, proxy 20 %, load 10 %, database 10 %");

  record::Trial waiting = half_busy();
  waiting.signals.sessions.waiting_mean = 3;
  waiting.signals.sessions.active_mean = 9.9;
  waiting.conditions->sessions = 10;
  EXPECT_EQ(find_limiter(waiting).name, "sessions");

  record::Trial sync = half_busy();
  sync.conditions->concurrency = scenario::Concurrency::sync;
  EXPECT_EQ(find_limiter(sync).name, "workers");

  EXPECT_EQ(find_limiter(half_busy()).name, "clients");
  record::Trial sleeping = half_busy();
  sleeping.service_us.mean = 25'000;
  EXPECT_EQ(find_limiter(sleeping).name, "latency");
  record::Trial open = half_busy();
  open.conditions->open_loop = true;
  EXPECT_EQ(find_limiter(open).name, "unattributed");
}

TEST(Limiter, AQuotaThatIsUsedUpIsTheLimit) {
  record::Trial trial = half_busy();
  trial.conditions->quota_cpus = 0.95;
  trial.signals.machine.quota_used_up = 0.49;
  EXPECT_EQ(find_limiter(trial).name, "clients");
  trial.signals.machine.quota_used_up = 0.5;
  trial.cpu_us_per_request = {.load = 0, .proxy = 25, .app = 75};
  const auto quota = find_limiter(trial);
  EXPECT_EQ(quota.name, "cpu (quota)");
  EXPECT_EQ(quota.evidence.front(),
            "the quota of 0.95 CPUs was used up in 50 % of its periods: app 75 %, proxy 25 %");
  trial.signals.machine.busy = 0.95;
  EXPECT_EQ(find_limiter(trial).name, "cpu (quota)");
  trial.conditions->quota_cpus = 0;
  EXPECT_EQ(find_limiter(trial).name, "cpu");
}

TEST(Limiter, AChainOnFewerCoresIsBoundByThose) {
  record::Trial trial = half_busy();
  trial.signals.processes[Component::app].cpu_seconds = 3.7;
  trial.signals.processes[Component::proxy].cpu_seconds = 1;
  trial.signals.processes[Component::load].cpu_seconds = 1;
  EXPECT_EQ(find_limiter(trial).name, "clients");
  trial.conditions->chain_cores = 1;
  const auto cpu = find_limiter(trial);
  EXPECT_EQ(cpu.name, "cpu");
  EXPECT_TRUE(cpu.evidence.front().starts_with("94 % of the chain's 1 core busy"))
      << cpu.evidence.front();
  trial.signals.processes[Component::app].cpu_seconds = 3.5;
  trial.signals.processes[Component::database].cpu_seconds = {};
  EXPECT_EQ(find_limiter(trial).name, "clients") << "what was not read is no CPU time";
}

TEST(Limiter, WhatNobodyLookedAtIsNoLimit) {
  record::Trial blind = half_busy();
  blind.signals = {};
  EXPECT_EQ(find_limiter(blind).name, "unattributed");
}

TEST(Limiter, ARuleAloneConfirmsNothing) {
  EXPECT_FALSE(find_limiter(half_busy()).confirmed);
}

TEST(Limiter, ErrorsAreMoreThanHalfAPercent) {
  record::Trial few = half_busy();
  few.total.failed_by[0] = 5;
  EXPECT_EQ(find_limiter(few).name, "clients");
  few.total.failed_by[0] = 6;
  EXPECT_EQ(find_limiter(few).evidence.front(), "6 of 1000 requests failed");
  record::Trial nothing = half_busy();
  nothing.window.completed = 0;
  EXPECT_EQ(find_limiter(nothing).name, "errors");
}

TEST(Limiter, TheGeneratorIsItFromNineTenthsOfItsCoresOn) {
  record::Trial trial = half_busy();
  set_generator_cpu(trial, 4.5);
  EXPECT_EQ(find_limiter(trial).evidence.front(), "90 % of its core");
  set_generator_cpu(trial, 4.4);
  EXPECT_EQ(find_limiter(trial).name, "clients");
  set_generator_cpu(trial, 4.5);
  trial.signals.generator.threads = 2;
  EXPECT_EQ(find_limiter(trial).name, "clients") << "45 % of each of two";
  trial.signals.generator.threads = 1;
  trial.conditions->open_loop = true;
  EXPECT_EQ(find_limiter(trial).name, "unattributed") << "it may have waited";
}

TEST(Limiter, FromOutsideOnlyErrorsAndTheGeneratorAreSeen) {
  record::Trial trial = half_busy();
  trial.conditions->sees_server = false;
  set_generator_cpu(trial, 4);
  trial.signals.machine.busy = 0.9;
  const auto seen = find_limiter(trial);
  EXPECT_EQ(seen.name, "unattributed");
  EXPECT_EQ(seen.evidence.front(),
            "seen from outside only: the load generator used 80 % of its core, 90 % of this "
            "machine's CPU was busy");
  trial.signals.machine.busy = {};
  EXPECT_EQ(find_limiter(trial).evidence.front(),
            "seen from outside only: the load generator used 80 % of its core");
}

TEST(Limiter, WhetherTheCpuWasUsedUpComesFirst) {
  record::Trial busy = half_busy();
  busy.signals.machine.busy = 0.92;
  EXPECT_EQ(find_limiter(busy).evidence.front(), "92 % of 2 cores busy: ");
  busy.signals.machine.busy = 0.91;
  EXPECT_EQ(find_limiter(busy).name, "clients");
  busy.signals.machine.busy = {};
  EXPECT_EQ(find_limiter(busy).evidence.front(), "whether the CPU was used up could not be read");
}

TEST(Limiter, SessionsAreItWhenNearlyAllAreInUseAndSomebodyWaits) {
  record::Trial waiting = half_busy();
  waiting.conditions->sessions = 20;
  waiting.signals.sessions.active_mean = 19;
  EXPECT_EQ(find_limiter(waiting).name, "clients") << "nobody waits";
  waiting.signals.sessions.waiting_mean = 0.5;
  EXPECT_EQ(find_limiter(waiting).evidence.front(), "19.0 of 20 sessions in use, 0.5 waiting");
  waiting.signals.sessions.active_mean = 18.9;
  EXPECT_EQ(find_limiter(waiting).name, "clients");
}

TEST(Limiter, WorkersAreItWhereMoreClientsShareThem) {
  record::Trial trial = half_busy();
  trial.conditions->concurrency = scenario::Concurrency::threads;
  EXPECT_EQ(find_limiter(trial).evidence.front(),
            "100 clients share 7 workers while 50 % of the CPU is busy");
  trial.conditions->clients = 7;
  EXPECT_EQ(find_limiter(trial).evidence.front(), "7 clients leave 50 % of the CPU idle");
  trial.conditions->clients = 1;
  EXPECT_EQ(find_limiter(trial).evidence.front(), "1 client leaves 50 % of the CPU idle");
  trial.conditions->clients = 100;
  trial.conditions->open_loop = true;
  EXPECT_EQ(find_limiter(trial).name, "unattributed");
}

TEST(Limiter, LatencyIsItWhereTheQuerySleepsMostOfTheTime) {
  record::Trial trial = half_busy();
  trial.service_us.mean = 28'000;  // of which 20 ms are 71 %
  EXPECT_EQ(
      find_limiter(trial).evidence.front(),
      "71 % of the response time is the query's sleep: this measures the sleep, not the stack");
  trial.service_us.mean = 29'000;
  EXPECT_EQ(find_limiter(trial).name, "clients");
  trial.service_us.mean.reset();  // then it is taken for 1 us
  trial.conditions->delay_us = 0.6;
  EXPECT_EQ(find_limiter(trial).name, "clients");
  trial.conditions->delay_us = 0.8;
  EXPECT_EQ(find_limiter(trial).name, "latency");
}

}  // namespace
}  // namespace unrig::trial
