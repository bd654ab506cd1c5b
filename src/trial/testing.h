/// \file
/// Trials as they may have been, for tests: what was seen of them, by hand.
#pragma once

#include "record/record.h"

namespace unrig::trial {

/// Two cores that are half busy: 10 clients of an asynchronous stack, whose query sleeps 20 of the
/// 30 ms. Of 10 requests under way 6.7 sleep, 0.8 are at work in the database, 0.5 on cores.
inline record::Trial half_busy() {
  using record::Component;
  record::Trial trial;
  trial.workers = 7;
  trial.total = {
      .scheduled = 1000, .issued = 1000, .dropped = 0, .completed = 1000, .unfinished = 0};
  trial.window = trial.total;
  trial.window_seconds = 3;
  trial.throughput_per_s = 1000 / 3.;
  trial.service_us.mean = 30'000;
  trial.conditions = record::Conditions{.clients = 10,
                                        .sessions = 100,
                                        .delay_us = 20'000,
                                        .cores = 2,
                                        .chain_cores = 2,
                                        .concurrency = scenario::Concurrency::async_coroutine};
  record::Signals& signals = trial.signals;
  signals.machine.busy = 0.5;
  signals.processes[Component::app].cpu_seconds = 1.5;
  signals.processes[Component::database];
  signals.activity = {
      .asleep = 6.7, .working = 0.8, .locked = 0.0, .io = 0.0, .idle_in_transaction = 0.2};
  return trial;
}

/// 100 clients of one asynchronous worker: it runs 89 % of the time, 2,362/s. By Little's law 47 of
/// the requests sleep, and about as many wait for it.
inline record::Trial full_loop() {
  using record::Component;
  record::Trial trial = half_busy();
  trial.workers = 1;
  trial.window_seconds = 5;
  trial.throughput_per_s = 2362;
  trial.service_us.mean = 1e6 * 100 / 2362;
  trial.conditions->clients = 100;
  record::Signals& signals = trial.signals;
  signals.machine.busy = 0.8;
  signals.processes[Component::load].cpu_seconds = 0.5;
  signals.processes[Component::app] = {.cpu_seconds = 4.45,
                                       .queue_wait_seconds = 0.2,
                                       .busiest_thread = 0.89,
                                       .busiest_thread_wait = 0.04,
                                       .queue = {.mean = 3.0}};
  signals.processes[Component::proxy] = {.cpu_seconds = 1.2,
                                         .queue_wait_seconds = 0.1,
                                         .busiest_thread = 0.13,
                                         .queue = {.mean = 0.0}};
  signals.processes[Component::pooler] = {
      .cpu_seconds = 1.0, .queue_wait_seconds = 0.1, .busiest_thread = 0.2, .queue = {.mean = 0.0}};
  signals.sessions.active_mean = 52.0;
  signals.sessions.waiting_mean = 0.0;
  signals.activity = {
      .asleep = 47.5, .working = 1.5, .locked = 0.0, .io = 0.0, .idle_in_transaction = 2.0};
  return trial;
}

/// 100 clients of 7 sync workers, each of which waits for the query's sleep.
inline record::Trial full_workers() {
  using record::Component;
  record::Trial trial = half_busy();
  trial.window_seconds = 5;
  trial.throughput_per_s = 330;
  trial.service_us.mean = 1e6 * 100 / 330;
  trial.conditions->clients = 100;
  trial.conditions->concurrency = scenario::Concurrency::sync;
  record::Signals& signals = trial.signals;
  signals.machine.busy = 0.38;
  signals.processes[Component::app].cpu_seconds = 1.5;
  signals.processes[Component::app].queue.mean = 92.0;
  signals.activity = {
      .asleep = 6.6, .working = 0.2, .locked = 0.0, .io = 0.0, .idle_in_transaction = 0.1};
  signals.doing = {.running = 0.3, .polling = 6.6, .receiving = 0.1};
  return trial;
}

}  // namespace unrig::trial
