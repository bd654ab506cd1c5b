#include "trial/limiter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "stack/request.h"
#include "trial/testing.h"
#include "trial/under_way.h"

namespace unrig::trial {
namespace {

using record::Component;
using scenario::Concurrency;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void set_generator_use(record::Trial& trial, double share) {
  trial.signals.processes[Component::load].cpu_seconds = share * trial.window_seconds;
}

std::string name_of(const record::Trial& trial) {
  return find_limiter(trial).name;
}
std::string first_evidence(const record::Trial& trial) {
  return find_limiter(trial).evidence.front();
}
/// Of that name; without any name where it is none.
record::Suspect suspect(const record::Trial& trial, std::string_view name) {
  const auto limiter = find_limiter(trial);
  const auto found = std::ranges::find(limiter.suspects, name, &record::Suspect::name);
  return found == limiter.suspects.end() ? record::Suspect{} : *found;
}

TEST(Limiter, EachRuleNamesItsLimiter) {
  EXPECT_EQ(name_of(half_busy()), "clients");

  record::Trial errors = half_busy();
  errors.total.failed_by[0] = 10;
  EXPECT_EQ(name_of(errors), "errors");

  record::Trial generator = half_busy();
  set_generator_use(generator, 0.98);
  EXPECT_EQ(name_of(generator), "load generator");
  generator.signals.generator.threads = 2;
  EXPECT_EQ(name_of(generator), "clients") << "half of each core";

  record::Trial busy = half_busy();
  busy.signals.machine.busy = 0.95;
  busy.cpu_us_per_request = {.load = 10, .proxy = 20, .app = 60, .pooler = 0, .database = 10};
  EXPECT_EQ(name_of(busy), "cpu");
  EXPECT_EQ(first_evidence(busy),
            "95 % of 2 cores busy: app 60 %, proxy 20 %, load 10 %, database 10 %");

  record::Trial waiting = half_busy();
  waiting.signals.sessions.waiting_mean = 3;
  waiting.signals.sessions.active_mean = 9.9;
  waiting.conditions->sessions = 10;
  EXPECT_EQ(name_of(waiting), "sessions");

  EXPECT_EQ(name_of(full_workers()), "workers");
  EXPECT_EQ(name_of(full_loop()), "event loop");
  record::Trial scheduled = full_loop();
  scheduled.conditions->concurrency = Concurrency::event_loop;
  EXPECT_EQ(name_of(scheduled), "event loop");
  scheduled.conditions->concurrency = Concurrency::goroutines;
  EXPECT_EQ(suspect(scheduled, "event loop").name, "") << "it has none";
  EXPECT_EQ(suspect(scheduled, "workers").name, "");

  record::Trial sleeping = half_busy();
  sleeping.service_us.mean = 25'000;
  EXPECT_EQ(name_of(sleeping), "latency");
}

// One worker at 89 % of its core, while most of the clients wait for it: that was called a lack of
// clients.
TEST(Limiter, ALoopThatRequestsWaitForIsItBeforeItsCoreIsUsedUp) {
  record::Trial loop = full_loop();
  EXPECT_EQ(name_of(loop), "event loop");
  EXPECT_THAT(find_limiter(loop).evidence,
              ElementsAre("its busiest thread ran 89 % of the time and was ready without a core "
                          "for 4 %, while 80 % of the CPU is busy",
                          HasSubstr("100.0 requests under way: 47.2 asleep in the query, 46.")));
  EXPECT_EQ(suspect(loop, "event loop").knob, "workers.async");
  EXPECT_NEAR(*suspect(loop, "event loop").margin, 0.11, 1e-9);
  EXPECT_NEAR(*suspect(loop, "clients").margin, 0.5, 0.02) << "half of their requests wait";

  loop.signals.processes[Component::app].busiest_thread = 0.79;
  EXPECT_EQ(name_of(loop), "several") << "and it is not nearly used up";
  loop.signals.processes[Component::app].busiest_thread = 0.92;
  loop.service_us.mean = 25'000;  // nobody waits
  EXPECT_EQ(name_of(loop), "event loop") << "a thread can do no more";
  loop.signals.processes[Component::app].busiest_thread = 0.89;
  EXPECT_EQ(name_of(loop), "latency");
  loop.signals.processes[Component::app].busiest_thread_wait = 0.07;
  EXPECT_EQ(name_of(loop), "event loop") << "it was never idle";
}

TEST(Limiter, AThreadIsNoLimitWhereTheCoresAreUsedUpOrNobodyKnows) {
  record::Trial loop = full_loop();
  loop.signals.machine.busy = 0.93;
  EXPECT_EQ(name_of(loop), "cpu");
  loop.signals.machine.busy = {};
  EXPECT_EQ(name_of(loop), "unattributed");
}

TEST(Limiter, WhatWaitsStandsBehindTheNearestThread) {
  record::Trial loop = full_loop();
  loop.signals.processes[Component::proxy].busiest_thread = 0.9;
  EXPECT_EQ(name_of(loop), "proxy");
  EXPECT_EQ(suspect(loop, "proxy").knob, "proxy.workers");
}

TEST(Limiter, OfTheProxyOnlyWhatItHasNotReadWaitsForIt) {
  record::Trial loop = full_loop();
  loop.signals.processes[Component::proxy].busiest_thread = 0.9;
  loop.signals.proxy.writing = 81;
  EXPECT_NE(name_of(loop), "proxy") << "19 of 100";
  loop.signals.proxy.writing = 79;
  EXPECT_EQ(name_of(loop), "proxy");
  loop.signals.processes[Component::proxy].busiest_thread = 0.1;
  EXPECT_EQ(name_of(loop), "event loop") << "it is the busier one, and many wait behind the proxy";
  loop.signals.proxy.refused = 2;
  loop.signals.processes[Component::app].busiest_thread = 0.7;
  EXPECT_EQ(name_of(loop), "proxy");
  EXPECT_THAT(find_limiter(loop).evidence, Contains("it had no room for 2 connections"));
}

TEST(Limiter, APoolerAtOneFullCoreHasAName) {
  record::Trial trial = full_loop();
  trial.signals.processes[Component::pooler].busiest_thread = 0.97;
  EXPECT_EQ(name_of(trial), "pooler");
  EXPECT_EQ(suspect(trial, "pooler").knob, "") << "pgbouncer has one thread";
  trial.signals.processes[Component::pooler].busiest_thread =
      record::Reading<double>::not_checked("the kernel does not tell");
  EXPECT_THAT(suspect(trial, "pooler").evidence,
              ElementsAre("not checked: the kernel does not tell"));
}

TEST(Limiter, AQuotaThatIsUsedUpIsTheLimit) {
  record::Trial trial = half_busy();
  trial.conditions->quota_cpus = 0.95;
  trial.signals.machine.quota_used_up = 0.49;
  EXPECT_EQ(name_of(trial), "clients");
  trial.signals.machine.quota_used_up = 0.5;
  trial.cpu_us_per_request = {.load = 0, .proxy = 25, .app = 75};
  EXPECT_EQ(name_of(trial), "cpu (quota)");
  EXPECT_EQ(first_evidence(trial),
            "the quota of 0.95 CPUs was used up in 50 % of its periods: app 75 %, proxy 25 %");
  trial.signals.machine.busy = 0.95;
  EXPECT_EQ(name_of(trial), "cpu (quota)");
  EXPECT_EQ(suspect(trial, "cpu (quota)").knob, "machine.cpu");
  trial.conditions->quota_cpus = 0;
  EXPECT_EQ(name_of(trial), "cpu");
}

TEST(Limiter, AQuotaOfAPartIsNamedWithItsKnob) {
  record::Trial trial = half_busy();
  trial.conditions->quotas.app = 0.3;
  record::ProcessSignals& app = trial.signals.processes[Component::app];
  app.quota_used_up = record::Reading<double>::not_checked("it could not be looked at");
  EXPECT_EQ(name_of(trial), "clients");
  EXPECT_EQ(suspect(trial, "cpu (quota)").knob, "quota.app");
  EXPECT_THAT(suspect(trial, "cpu (quota)").evidence,
              ElementsAre("not checked: it could not be looked at"));
  app.quota_used_up = 0.8;
  app.throttled_seconds = 2;
  EXPECT_EQ(name_of(trial), "cpu (quota)");
  EXPECT_EQ(first_evidence(trial),
            "the quota of 0.3 CPUs of the app (quota.app) was used up in 80 % of its periods");
  EXPECT_DOUBLE_EQ(suspect(trial, "cpu (quota)").margin.value(), 0.2);
  trial.conditions->quotas.pooler = 0.4;
  EXPECT_EQ(suspect(trial, "cpu (quota)").evidence.size(), 1u) << "there is no pooler";
}

TEST(Limiter, OfSeveralQuotasTheOneThatIsUsedUpMostIsIt) {
  record::Trial trial = half_busy();
  trial.conditions->quota_cpus = 0.95;
  trial.conditions->quotas = {.proxy = 0, .app = 0.3, .pooler = 0, .database = 0.5};
  trial.signals.machine.quota_used_up = 0.6;
  trial.signals.processes[Component::app].quota_used_up = 0.1;
  trial.signals.processes[Component::database].quota_used_up = 0.7;
  EXPECT_EQ(suspect(trial, "cpu (quota)").knob, "quota.database");
  EXPECT_THAT(first_evidence(trial), HasSubstr("of the database (quota.database)"));
  EXPECT_EQ(suspect(trial, "cpu (quota)").evidence.size(), 3u);
  trial.signals.machine.quota_used_up = 0.7;
  EXPECT_EQ(suspect(trial, "cpu (quota)").knob, "machine.cpu");
}

TEST(Limiter, WhatWasNotLookedAtIsNotRuledOut) {
  record::Trial trial = full_workers();
  trial.signals = {};
  trial.conditions->watches_signals = false;
  trial.signals.machine.busy = 0.5;
  trial.cpu_us_per_request = {.load = 20};
  EXPECT_EQ(name_of(trial), "unattributed") << "nobody knows of workers or clients";
  EXPECT_THAT(first_evidence(trial), HasSubstr("watch.signals is false"));
  EXPECT_EQ(under_way(trial).elsewhere, std::nullopt);
  trial.signals.machine.busy = 0.95;
  EXPECT_EQ(name_of(trial), "cpu");
  trial.signals.processes[Component::load].queue_wait_seconds = 0.5;
  EXPECT_THAT(suspect(trial, "cpu").evidence, ElementsAre("95 % of 2 cores busy"))
      << "by whom, and who waited, nobody saw";
  trial.signals.machine.busy = 0.5;
  trial.conditions->quotas.app = 0.3;
  trial.signals.processes[Component::app].quota_used_up = 0.8;
  EXPECT_EQ(name_of(trial), "cpu (quota)");
}

TEST(Limiter, AQuotaOfOthersIsOneToo) {
  record::Trial trial = half_busy();
  trial.signals.processes[Component::app].throttled_seconds = 0.29;
  EXPECT_EQ(name_of(trial), "clients");
  EXPECT_THAT(suspect(trial, "cpu (quota)").evidence,
              ElementsAre("a CPU quota that is not the run's own held the app back, for 10 % of "
                          "the window"));
  trial.signals.processes[Component::app].throttled_seconds = 0.31;
  EXPECT_EQ(name_of(trial), "cpu (quota)");
  trial.signals.processes[Component::load].throttled_seconds = 0.31;
  EXPECT_EQ(name_of(trial), "cpu (quota)") << "all are held together";
  trial.signals.processes[Component::app].throttled_seconds = 0.0;
  EXPECT_EQ(name_of(trial), "load generator");
  EXPECT_THAT(find_limiter(trial).evidence,
              Contains("a CPU quota held it back for 10 % of the window"));
}

TEST(Limiter, AGeneratorThatWasStoppedIsIt) {
  record::Trial trial = half_busy();
  set_generator_use(trial, 0.3);
  trial.events.mishaps = {{.reason = "the pooler ended", .who = {Component::pooler}}};
  EXPECT_EQ(name_of(trial), "clients");
  trial.events.mishaps.push_back({.reason = "unrig was stopped by a signal"});
  EXPECT_EQ(name_of(trial), "load generator");
  EXPECT_THAT(find_limiter(trial).evidence, Contains("unrig was stopped by a signal"));
  trial.events.mishaps.clear();
  trial.events.away_generator = "it did not look";
  EXPECT_EQ(name_of(trial), "load generator");
  trial.signals.machine.busy = 0.95;
  EXPECT_EQ(name_of(trial), "cpu") << "then nobody is on time";
}

TEST(Limiter, OfAnOpenLoopTheGeneratorIsJudgedByItsLateness) {
  record::Trial trial = half_busy();
  trial.conditions->open_loop = true;
  trial.offered_per_s = trial.throughput_per_s;
  set_generator_use(trial, 1);
  EXPECT_EQ(name_of(trial), "unattributed") << "it may spin until a request is due";
  EXPECT_EQ(first_evidence(trial), "the offered 333/s were served");
  trial.offered_per_s *= 1.1;
  EXPECT_EQ(first_evidence(trial), "nothing that was looked at is at its limit");
  trial.events.late_generator = "it was late";
  EXPECT_EQ(name_of(trial), "load generator");
  trial.conditions->open_loop = false;
  set_generator_use(trial, 0.5);
  EXPECT_EQ(name_of(trial), "clients") << "a closed loop waits for answers anyway";
}

TEST(Limiter, AChainOnFewerCoresIsBoundByThose) {
  record::Trial trial = half_busy();
  trial.signals.processes[Component::app].cpu_seconds = 2.2;
  trial.signals.processes[Component::proxy].cpu_seconds = 0.6;
  trial.signals.processes[Component::load].cpu_seconds = 1;
  EXPECT_EQ(name_of(trial), "clients");
  EXPECT_EQ(suspect(trial, "cpu").knob, "") << "it has the whole machine";
  trial.conditions->chain_cores = 1;
  EXPECT_EQ(name_of(trial), "cpu");
  EXPECT_EQ(suspect(trial, "cpu").knob, "machine.cores");
  EXPECT_THAT(first_evidence(trial), HasSubstr("93 % of the chain's 1 core busy"));
  trial.signals.processes[Component::app].cpu_seconds = 2.1;
  EXPECT_EQ(name_of(trial), "clients");
  EXPECT_NEAR(*suspect(trial, "cpu").margin, 0.1, 1e-9);
  trial.signals.processes[Component::app].queue_wait_seconds = 3;
  EXPECT_EQ(name_of(trial), "cpu") << "one thread always waits for that core";
}

TEST(Limiter, WhatNobodyLookedAtIsNoLimit) {
  record::Trial blind = half_busy();
  blind.signals = {};
  EXPECT_EQ(name_of(blind), "unattributed");
  EXPECT_EQ(first_evidence(blind), "whether the CPU was used up could not be read: nobody looked");
  EXPECT_THAT(suspect(blind, "cpu").evidence, ElementsAre("not checked: nobody looked"));
  EXPECT_FALSE(suspect(blind, "cpu").margin);
  EXPECT_THAT(suspect(blind, "sessions").evidence, ElementsAre("not checked: nobody looked"));
}

TEST(Limiter, ARuleAloneConfirmsNothing) {
  EXPECT_FALSE(find_limiter(half_busy()).confirmed);
}

TEST(Limiter, ErrorsAreMoreThanHalfAPercent) {
  record::Trial few = half_busy();
  few.total.failed_by[0] = 5;
  EXPECT_EQ(name_of(few), "clients");
  few.total.failed_by[0] = 6;
  EXPECT_EQ(first_evidence(few), "6 of 1000 requests failed");
  few.total.failed_by[static_cast<std::size_t>(tally::Failure::no_port)] = 4;
  few.signals.machine.local_ports = 28'232;
  few.signals.machine.time_wait = 28'230;
  EXPECT_THAT(find_limiter(few).evidence,
              Contains("4 found no local port: 28232 of them, and 28230 connections in TIME_WAIT"));
  record::Trial nothing = half_busy();
  nothing.window.completed = 0;
  EXPECT_EQ(name_of(nothing), "errors");
}

TEST(Limiter, AFullListenQueueExplainsWhatFailedThere) {
  record::Trial trial = half_busy();
  trial.signals.machine.listen_overflows = 6;
  trial.signals.processes[Component::app].queue = {.mean = 5.5, .most = 8, .limit = 8};
  EXPECT_EQ(name_of(trial), "listen queue");
  EXPECT_THAT(suspect(trial, "listen queue").evidence,
              ElementsAre("6 connections found a full listen queue",
                          "at most 8 of 8 connections waited to be accepted by the app"));
  EXPECT_EQ(suspect(trial, "listen queue").knob, "listen_backlog");
  trial.signals.machine.retransmissions = 9;
  EXPECT_THAT(suspect(trial, "listen queue").evidence, Contains("TCP sent 9 segments again"));
  EXPECT_EQ(suspect(trial, "listen queue").margin, 0.0);
  trial.total.failed_by[0] = 6;
  EXPECT_EQ(name_of(trial), "listen queue");
  trial.total.failed_by[0] = 7;
  EXPECT_EQ(name_of(trial), "errors") << "more failed than that";
  trial.total.failed_by[0] = 0;
  trial.signals.machine.busy = 0.95;
  EXPECT_EQ(name_of(trial), "cpu") << "a longer queue would be as full";
}

TEST(Limiter, TheGeneratorIsItFromNineTenthsOfItsCoresOn) {
  record::Trial trial = half_busy();
  set_generator_use(trial, 0.9);
  EXPECT_EQ(first_evidence(trial), "90 % of its core");
  set_generator_use(trial, 0.89);
  EXPECT_EQ(name_of(trial), "clients");
  EXPECT_NEAR(*suspect(trial, "load generator").margin, 0.11, 1e-9);
  set_generator_use(trial, 0.9);
  trial.signals.generator.threads = 2;
  EXPECT_EQ(name_of(trial), "clients") << "45 % of each of two";
}

TEST(Limiter, FromOutsideOnlyErrorsAndTheGeneratorAreSeen) {
  record::Trial trial = half_busy();
  trial.conditions->sees_server = false;
  set_generator_use(trial, 0.8);
  trial.signals.machine.busy = 0.9;
  const auto seen = find_limiter(trial);
  EXPECT_EQ(seen.name, "unattributed");
  EXPECT_THAT(seen.evidence,
              ElementsAre("seen from outside only: the load generator used 80 % of its core, 90 % "
                          "of this machine's CPU was busy"));
  ASSERT_EQ(seen.suspects.size(), 1U);
  EXPECT_EQ(seen.suspects[0].name, "load generator");
  trial.signals.machine.busy = {};
  EXPECT_EQ(first_evidence(trial),
            "seen from outside only: the load generator used 80 % of its core");
}

TEST(Limiter, WhetherTheCpuWasUsedUpComesFirst) {
  record::Trial busy = half_busy();
  busy.signals.machine.busy = 0.92;
  EXPECT_EQ(first_evidence(busy), "92 % of 2 cores busy");
  busy.signals.machine.busy = 0.91;
  EXPECT_EQ(name_of(busy), "clients");
  busy.signals.processes[Component::app].queue_wait_seconds = 2 * busy.window_seconds;
  EXPECT_EQ(name_of(busy), "cpu") << "as many wait for a core as there are";
  EXPECT_THAT(find_limiter(busy).evidence,
              Contains("2.0 threads were ready to run without a core"));
  busy.signals.machine.busy = 0.84;
  EXPECT_NE(name_of(busy), "cpu");
  busy.signals.machine.core_interrupts = 0.3;
  EXPECT_THAT(suspect(busy, "cpu").evidence, Contains("interrupts took 30 % of one core"));
}

TEST(Limiter, SessionsAreItWhenNearlyAllAreInUseAndSomebodyWaits) {
  record::Trial waiting = half_busy();
  waiting.conditions->sessions = 20;
  waiting.signals.sessions.active_mean = 19;
  waiting.signals.sessions.waiting_mean = 0;
  EXPECT_EQ(name_of(waiting), "clients") << "nobody waits";
  waiting.signals.sessions.waiting_mean = 0.5;
  EXPECT_EQ(first_evidence(waiting), "19.0 of 20 sessions in use, 0.5 waiting");
  EXPECT_EQ(suspect(waiting, "sessions").knob, "db.sessions");
  waiting.signals.sessions.wait_seconds = 5;
  EXPECT_THAT(find_limiter(waiting).evidence,
              Contains("requests waited 5.0 ms for one on average"));
  waiting.signals.sessions.active_mean = 18.9;
  EXPECT_EQ(name_of(waiting), "clients");
  EXPECT_NEAR(*suspect(waiting, "sessions").margin, 0.055, 1e-9);
}

TEST(Limiter, WorkersAreItWhereMoreClientsShareThemAndAllAreBusy) {
  record::Trial trial = full_workers();
  EXPECT_THAT(
      find_limiter(trial).evidence,
      ElementsAre("7.0 of 7 workers busy, 92.0 requests wait for one, while 38 % of the CPU "
                  "is busy",
                  HasSubstr("100.0 requests under way: 92.0 in the application's listen "
                            "queue, 6.6 asleep in the query")));
  EXPECT_EQ(suspect(trial, "workers").knob, "workers.sync");
  // Little's law alone: 6.6 sleep, 0.2 are at work in the database, 0.3 on cores.
  trial.signals.doing = {};
  EXPECT_EQ(name_of(trial), "workers");
  // Where neither says anything, the numbers must do.
  trial.signals.processes[Component::app].cpu_seconds = {};
  EXPECT_EQ(first_evidence(trial), "100 clients share 7 workers, while 38 % of the CPU is busy");
}

TEST(Limiter, IdleWorkersAreNoLimit) {
  record::Trial trial = half_busy();
  trial.conditions->concurrency = Concurrency::sync;
  trial.workers = 10;
  trial.conditions->clients = 12;
  trial.signals.doing = {.running = 0.5, .polling = 6, .receiving = 0.1};
  EXPECT_EQ(name_of(trial), "clients");
  EXPECT_NEAR(*suspect(trial, "workers").margin, 1 - 7.97 / 10, 0.01)
      << "6.67 asleep, 0.8 at work in the database, 0.5 on cores";
  trial.workers = 9;
  EXPECT_EQ(name_of(trial), "workers") << "nearly all of them, and a fifth of the requests waits";
  trial.workers = 8;
  trial.conditions->clients = 8;
  EXPECT_EQ(name_of(trial), "clients") << "none of them waits";
  trial.conditions->clients = 9;
  EXPECT_EQ(name_of(trial), "workers");
}

TEST(Limiter, OfThreadedWorkersNobodyKnowsHowManyTheyTake) {
  record::Trial trial = full_workers();
  trial.conditions->concurrency = Concurrency::threads;
  EXPECT_EQ(first_evidence(trial), "100 clients share 7 workers, while 38 % of the CPU is busy");
  record::Trial few = half_busy();
  few.conditions->concurrency = Concurrency::threads;
  few.service_us.mean = 25'000;
  few.workers = 2;
  EXPECT_EQ(name_of(few), "latency") << "ten requests are served by two workers";
}

TEST(Limiter, LatencyIsItWhereTheQuerySleepsMostOfTheTime) {
  record::Trial trial = half_busy();
  trial.service_us.mean = 28'000;  // of which 20 ms are 71 %
  EXPECT_EQ(
      first_evidence(trial),
      "71 % of the response time is the query's sleep: this measures the sleep, not the stack");
  EXPECT_EQ(suspect(trial, "latency").knob, "db.delay");
  trial.service_us.mean = 29'000;
  EXPECT_EQ(name_of(trial), "clients");
  trial.conditions->delay_us = 0;
  EXPECT_EQ(suspect(trial, "latency").name, "") << "no sleep was asked for";
}

TEST(Limiter, LocksOfTheDatabaseAreItsOwnAndTheWantedSleepIsNot) {
  record::Trial trial = full_workers();
  trial.signals.activity = {
      .asleep = 1, .working = 0.1, .locked = 5.5, .io = 0, .idle_in_transaction = 0.2};
  EXPECT_EQ(name_of(trial), "database");
  EXPECT_EQ(first_evidence(trial),
            "5.6 sessions are at work (5.5 wait for a lock, 0.0 for the disk), beside 1.0 in the "
            "query's own sleep and 0.2 idle in the application's transactions");
  trial.signals.activity = {
      .asleep = 6.8, .working = 0.1, .locked = 0, .io = 0, .idle_in_transaction = 0.2};
  EXPECT_EQ(name_of(trial), "workers");
  trial.signals.activity = {
      .asleep = 0, .working = 0.1, .locked = 0, .io = 0, .idle_in_transaction = 6.9};
  EXPECT_EQ(name_of(trial), "workers") << "the application holds them open";
}

TEST(Limiter, ADatabaseThatMostRequestsAreAtIsIt) {
  record::Trial trial = half_busy();
  trial.conditions->delay_us = 0;
  trial.signals.activity = {
      .asleep = 0, .working = 5, .locked = 0, .io = 0, .idle_in_transaction = 0.5};
  EXPECT_EQ(name_of(trial), "database");
  trial.signals.sessions.query_seconds = 15;
  EXPECT_THAT(find_limiter(trial).evidence,
              Contains("its answers took 15.0 ms per request, 0.0 ms of them the sleep"));
  // The pooler has counted since the application began.
  trial.warmed = record::WarmUp{.sent = 2000, .answered = 2000};
  EXPECT_THAT(find_limiter(trial).evidence,
              Contains("its answers took 5.0 ms per request, 0.0 ms of them the sleep"));
  trial.signals.activity = record::ActivitySignals{};
  EXPECT_THAT(suspect(trial, "database").evidence, ElementsAre("not checked: nobody looked"));
}

TEST(Limiter, SeveralAreItWhereManyWaitAndNothingIsAtItsLimit) {
  record::Trial trial = full_loop();
  trial.signals.processes[Component::app].busiest_thread = 0.7;
  const auto limiter = find_limiter(trial);
  EXPECT_EQ(limiter.name, "several");
  EXPECT_THAT(limiter.evidence.front(),
              HasSubstr("% of the requests wait and nothing is at its limit: cpu has 20 % left, "
                        "event loop has 30 % left"));
}

TEST(Limiter, ASingleClientHasNobodyToWaitFor) {
  record::Trial trial = half_busy();
  trial.conditions->clients = 1;
  trial.conditions->delay_us = 0;
  trial.throughput_per_s = 100;
  trial.service_us.mean = 8'000;
  trial.signals.activity.working = 0.1;
  trial.signals.processes[Component::app].cpu_seconds = 0.3;
  EXPECT_EQ(name_of(trial), "clients") << "whoever wakes up takes its time";
  trial.throughput_per_s *= 10;
  EXPECT_EQ(name_of(trial), "several");
}

TEST(Limiter, AllSuspectsStandInTheRecordTheLikeliestFirst) {
  const auto limiter = find_limiter(full_loop());
  std::vector<std::string> names;
  for (const auto& each : limiter.suspects) {
    names.push_back(each.name);
    EXPECT_THAT(record::limiter_names, Contains(each.name));
    EXPECT_FALSE(each.evidence.empty()) << each.name;
  }
  EXPECT_THAT(names, ElementsAre("event loop", "cpu", "sessions", "clients", "latency", "pooler",
                                 "proxy", "load generator", "database"));
  EXPECT_THAT(record::limiter_names, Contains(limiter.name));
}

TEST(Limiter, OfAnApplicationOfOnesOwnTheDatabaseIsNotChecked) {
  record::Trial trial = full_workers();
  trial.conditions->own_application = true;
  trial.conditions->delay_us = 0;
  EXPECT_EQ(name_of(trial), "workers") << "which is seen at its processes";
  EXPECT_FALSE(suspect(trial, "database").margin);
  EXPECT_THAT(suspect(trial, "database").evidence,
              ElementsAre("not checked: " + std::string(stack::own_database)));
  for (const auto* of_unrigs : {"pooler", "sessions", "latency"})
    EXPECT_EQ(suspect(trial, of_unrigs).name, "") << of_unrigs;
}

}  // namespace
}  // namespace unrig::trial
