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
                                        .concurrency = scenario::Concurrency::async_coroutine};
  return trial;
}

TEST(Limiter, EachRuleNamesItsLimiter) {
  record::Trial errors = half_busy();
  errors.total.failed_by[0] = 10;
  EXPECT_EQ(find_limiter(errors).name, "errors");

  record::Trial generator = half_busy();
  generator.signals.processes[Component::load].cpu_seconds = 4.9;
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

TEST(Limiter, WhatNobodyLookedAtIsNoLimit) {
  record::Trial blind = half_busy();
  blind.signals = {};
  EXPECT_EQ(find_limiter(blind).name, "unattributed");
  blind.conditions->sees_server = false;
  blind.signals.machine.busy = 0.95;
  EXPECT_EQ(find_limiter(blind).evidence.front(),
            "seen from outside only: the load generator used 0 % of its core, 95 % of this "
            "machine's CPU was busy");
}

TEST(Limiter, ARuleAloneConfirmsNothing) {
  EXPECT_FALSE(find_limiter(half_busy()).confirmed);
}

}  // namespace
}  // namespace unrig::trial
