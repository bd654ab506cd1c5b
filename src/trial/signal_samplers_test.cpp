// The samplers whose signals tell who waits for whom.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "trial/activity_sampler.h"
#include "trial/backlog_sampler.h"
#include "trial/census_sampler.h"
#include "trial/doing_sampler.h"
#include "trial/kernel_sampler.h"
#include "trial/proxy_sampler.h"

namespace unrig::trial {
namespace {

using namespace std::chrono_literals;
using host::Doing;
using record::Component;

TEST(ActivitySampler, TellsMeans) {
  std::deque<chain::Activity> answers{
      {.asleep = 5, .working = 1, .locked = 2, .io = 3, .idle_in_transaction = 4},
      {.asleep = 6, .working = 0, .locked = 0, .io = 0, .idle_in_transaction = 1}};
  ActivitySampler sampler([&](Duration) -> Result<chain::Activity> {
    const auto next = answers.front();
    answers.pop_front();
    return next;
  });
  sampler.look();
  sampler.look();
  record::ActivitySignals seen;
  sampler.write(seen);
  EXPECT_EQ(seen, (record::ActivitySignals{.asleep = 5.5,
                                           .working = 0.5,
                                           .locked = 1.0,
                                           .io = 1.5,
                                           .idle_in_transaction = 2.5,
                                           .looks = 2,
                                           .asleep_p80 = 6}));
}

TEST(ActivitySampler, TellsHowManyAreOftenAsleep) {
  const auto p80_of = [](const std::vector<int>& asleep) {
    std::size_t next = 0;
    ActivitySampler sampler([&](Duration) -> Result<chain::Activity> {
      return chain::Activity{.asleep = asleep[next++]};
    });
    for (std::size_t i = 0; i < asleep.size(); ++i) sampler.look();
    record::ActivitySignals seen;
    sampler.write(seen);
    return *seen.asleep_p80;
  };
  EXPECT_EQ(p80_of({9, 4, 4, 4, 4, 3, 8, 1, 1, 1}), 8) << "in two of ten looks";
  EXPECT_EQ(p80_of({9, 4, 4, 4, 4, 3, 8, 1, 1, 1, 1}), 4) << "in three of eleven";
  EXPECT_EQ(p80_of({3}), 3);
}

TEST(ActivitySampler, OneThatFellSilentIsNotAskedAgainAndSaysNothing) {
  int asked = 0;
  ActivitySampler sampler([&](Duration) -> Result<chain::Activity> {
    if (++asked == 1) return chain::Activity{.asleep = 5};
    return fail(ErrorKind::environment, "no answer in time");
  });
  record::ActivitySignals seen;
  sampler.write(seen);
  EXPECT_EQ(seen.working.why(), "the window is too short");
  for (int i = 0; i < 3; ++i) sampler.look();
  sampler.write(seen);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(seen.asleep.why(), "no answer in time");
  EXPECT_EQ(seen.asleep_p80.why(), "no answer in time");
  EXPECT_EQ(seen.idle_in_transaction.why(), "no answer in time");
}

TEST(ProxySampler, TellsMeansAndWhatItHadNoRoomFor) {
  std::deque<chain::ProxyStatus> answers{
      {.accepted = 100, .handled = 98, .reading = 1, .writing = 30},
      {.accepted = 150, .handled = 143, .reading = 0, .writing = 33}};
  ProxySampler sampler([&](Duration) -> Result<chain::ProxyStatus> {
    const auto next = answers.front();
    answers.pop_front();
    return next;
  });
  sampler.look();
  sampler.look();
  record::ProxySignals seen;
  sampler.write(seen);
  EXPECT_EQ(*seen.reading, 0.5);
  EXPECT_EQ(*seen.writing, 31.5);
  EXPECT_EQ(*seen.refused, 5U);
}

TEST(ProxySampler, WithoutAnAnswerThereIsAReason) {
  record::ProxySignals seen;
  ProxySampler none(nullptr);
  none.look();
  none.write(seen);
  EXPECT_EQ(seen.writing.why(), "there is no proxy");
  int asked = 0;
  ProxySampler sampler([&](Duration) -> Result<chain::ProxyStatus> {
    if (++asked == 1) return chain::ProxyStatus{};
    return fail(ErrorKind::environment, "no answer in time");
  });
  sampler.write(seen);
  EXPECT_EQ(seen.refused.why(), "the window is too short");
  for (int i = 0; i < 3; ++i) sampler.look();
  sampler.write(seen);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(seen.refused.why(), "no answer in time");
}

/// What the looks tell together.
record::CensusSignals census_of(std::deque<CensusSampler::Look> looks) {
  CensusSampler sampler([&] {
    const auto next = looks.front();
    looks.pop_front();
    return next;
  });
  while (!looks.empty()) sampler.look();
  record::CensusSignals seen;
  sampler.write(seen);
  return seen;
}
using Pids = std::vector<pid_t>;

TEST(CensusSampler, TellsWhatTwoLooksHaveSeen) {
  const CensusSampler::Look first{.processes = {1, 2, 3}, .threads = 8, .connections = 3};
  EXPECT_FALSE(census_of({first}).processes) << "one look might be that of a moment";
  const auto seen = census_of({first,
                               {.processes = {1, 2, 3, 4}, .threads = 40, .connections = 14},
                               {.processes = {1, 2, 3}, .threads = 38, .connections = 14},
                               {},
                               {.processes = {1, 2, 3}, .threads = 30, .connections = 2}});
  EXPECT_EQ(seen.processes.value(), 3);
  EXPECT_EQ(seen.threads.value(), 38);
  EXPECT_EQ(seen.connections_of_one.value(), 14);
}

TEST(CensusSampler, WhoWorksIsKnownByTwoLooksOfWhichNoneHasAll) {
  const Pids all{1, 2, 3, 4};
  EXPECT_FALSE(census_of({{.processes = all, .serving = Pids{1}, .at_work = Pids{1}}}).serving);
  const auto seen = census_of({{.processes = all, .serving = Pids{1}, .at_work = Pids{1, 4}},
                               {.processes = all, .serving = Pids{2}, .at_work = Pids{2, 4}},
                               {.processes = all},
                               {.processes = all, .serving = Pids{1, 2}, .at_work = Pids{1, 2}},
                               {.processes = all, .serving = Pids{3}, .at_work = Pids{3}}});
  EXPECT_EQ(seen.serving.value(), 2) << "1 and 2; 3 was there for a moment";
  EXPECT_EQ(seen.at_work.value(), 3) << "and 4";
}

TEST(CensusSampler, WhoTakesThePlaceOfAnotherIsNoOneMore) {
  const auto seen = census_of({{.processes = {1, 2}, .serving = Pids{1, 2}},
                               {.processes = {1, 2}, .serving = Pids{1, 2}},
                               {.processes = {1, 3}, .serving = Pids{1, 3}},
                               {.processes = {1, 3}, .serving = Pids{1, 3}}});
  EXPECT_EQ(seen.serving.value(), 2);
}

TEST(CensusSampler, TellsWhichProgramsWork) {
  using Names = std::vector<std::string>;
  const auto with = [](std::set<std::string> programs) {
    return CensusSampler::Look{.processes = {1}, .serving = Pids{1}, .programs = programs};
  };
  EXPECT_EQ(census_of({with({"/bin/a", "/bin/b"}), with({"/bin/a", "/bin/c"})}).programs.value(),
            Names{"/bin/a"});
  EXPECT_FALSE(census_of({with({"/bin/a"}), {.processes = {1}}}).programs);
}

TEST(CensusSampler, WhereClientsComeToASocketThoseAtThePoolerAreSeen) {
  CensusSampler sampler(
      [] {
        return CensusSampler::Look{
            .processes = {1, 2}, .at_work = Pids{1}, .programs = {"/usr/bin/python3"}};
      },
      "the application listens at a Unix socket");
  sampler.look();
  sampler.look();
  record::CensusSignals census;
  sampler.write(census);
  EXPECT_EQ(census.serving.why(), "the application listens at a Unix socket");
  EXPECT_EQ(*census.at_work, 1);
  EXPECT_THAT(*census.programs, ::testing::ElementsAre("/usr/bin/python3"));
}

TEST(CensusSampler, SaysWhyThereIsNone) {
  CensusSampler sampler([] { return CensusSampler::Look{}; });
  for (int i = 0; i < 3; ++i) sampler.look();
  record::CensusSignals seen;
  sampler.write(seen);
  EXPECT_THAT(seen.threads.why(), ::testing::HasSubstr("/proc"));
  EXPECT_THAT(seen.connections_of_one.why(), ::testing::HasSubstr("kept"));
  EXPECT_THAT(seen.serving.why(), ::testing::HasSubstr("too short"));
  EXPECT_THAT(seen.programs.why(), ::testing::HasSubstr("too short"));
  EXPECT_THAT(seen.at_work.why(), ::testing::HasSubstr("a pooler"));
}

/// A number of threads that are found doing the same again and again.
record::DoingSignals seen_of(std::size_t threads, int looks,
                             const std::function<std::optional<Doing>(std::size_t)>& doing) {
  DoingSampler sampler({.begin = [&] { return threads; }, .doing = doing});
  sampler.begin();
  for (int i = 0; i < looks; ++i) sampler.look();
  record::DoingSignals found;
  sampler.write(found);
  return found;
}

TEST(DoingSampler, TellsHowManyDoWhat) {
  const auto found = seen_of(4, 10, [](std::size_t thread) -> std::optional<Doing> {
    constexpr std::array all{Doing::running, Doing::polling, Doing::polling, Doing::selecting};
    return all.at(thread);
  });
  EXPECT_EQ(*found.watched, 4);
  EXPECT_EQ(*found.running, 1);
  EXPECT_EQ(*found.polling, 2);
  EXPECT_EQ(*found.selecting, 1);
  EXPECT_EQ(*found.locked, 0);
}

TEST(DoingSampler, OfManyThreadsEachLookTakesSomeInTurn) {
  std::vector<int> looked(100);
  const auto found = seen_of(100, 25, [&](std::size_t thread) {
    ++looked.at(thread);
    return std::optional(thread < 50 ? Doing::receiving : Doing::epolling);
  });
  EXPECT_THAT(looked, ::testing::Each(8)) << "25 looks at 32 of 100 each";
  EXPECT_DOUBLE_EQ(*found.receiving, 50);
  EXPECT_DOUBLE_EQ(*found.epolling, 50);
}

TEST(DoingSampler, AThreadThatEndedOrHidesIsNotIdle) {
  const auto some = seen_of(2, 5, [](std::size_t thread) {
    return thread == 0 ? std::optional(Doing::locked) : std::nullopt;
  });
  EXPECT_EQ(*some.locked, 2) << "who is seen stands for the others";
  constexpr const char* why = "the kernel does not tell, or not unrig (/proc/PID/task/TID/syscall)";
  const auto hidden = seen_of(2, 5, [](std::size_t) { return std::optional<Doing>(); });
  EXPECT_EQ(hidden.running.why(), why);
  EXPECT_EQ(hidden.watched.why(), why);
  EXPECT_EQ(seen_of(0, 5, [](std::size_t) { return std::optional(Doing::other); }).polling.why(),
            why);
}

/// With a proxy and an application, and without a pooler.
record::Signals of_proxy_and_app() {
  record::Signals signals;
  for (const Component part : {Component::load, Component::proxy, Component::app}) {
    signals.processes[part];
  }
  return signals;
}

TEST(BacklogSampler, TellsWhoWaitsWhere) {
  std::uint32_t waiting = 4;
  BacklogSampler sampler(
      {{Component::proxy, {"h", 1}}, {Component::app, {"h", 2}}, {Component::pooler, {"h", 3}}},
      [&](const host::Endpoint& at) {
        return at.port == 2 ? std::optional(host::ListenQueue{.waiting = waiting, .limit = 128})
                            : std::nullopt;
      });
  sampler.look();
  waiting = 1;
  sampler.look();
  record::Signals signals = of_proxy_and_app();
  sampler.write(signals);
  const record::QueueSignals& app = signals.of(Component::app)->queue;
  EXPECT_EQ(*app.mean, 2.5);
  EXPECT_EQ(*app.most, 4U);
  EXPECT_EQ(*app.limit, 128U);
  EXPECT_EQ(signals.of(Component::proxy)->queue.mean.why(),
            "the kernel does not tell of its listening socket (sock_diag)");
  EXPECT_EQ(signals.of(Component::pooler), nullptr);
}

TEST(BacklogSampler, OfAUnixSocketNothingIsKnown) {
  BacklogSampler sampler({{Component::app, {"/s", 1}}}, listen_queue_at);
  sampler.look();
  record::Signals signals = of_proxy_and_app();
  sampler.write(signals);
  EXPECT_EQ(signals.of(Component::app)->queue.most.why(),
            "the kernel does not tell of its listening socket (sock_diag)");
}

TEST(KernelSampler, TellsWhatHappenedBetweenItsEnds) {
  KernelReading now{.at = Instant(1s),
                    .retransmitted = 7,
                    .local_ports = 28'232,
                    .cpu = 10s,
                    .memory = 0s,
                    .io = 1s};
  std::optional<std::uint64_t> time_wait = 90;
  KernelSampler sampler([&] { return now; }, [&] { return time_wait; });
  sampler.begin();
  sampler.look();
  time_wait = 80;
  sampler.look();
  time_wait.reset();
  sampler.look();
  now = {.at = Instant(5s),
         .retransmitted = 9,
         .local_ports = 28'232,
         .cpu = 12s,
         .memory = 0s,
         .io = std::nullopt};
  sampler.end();
  record::MachineSignals machine;
  sampler.write(machine);
  EXPECT_EQ(*machine.time_wait, 90U) << "the most of them";
  EXPECT_EQ(*machine.local_ports, 28'232U);
  EXPECT_EQ(*machine.retransmissions, 2U);
  EXPECT_DOUBLE_EQ(*machine.cpu_pressure, 0.5);
  EXPECT_DOUBLE_EQ(*machine.memory_pressure, 0);
  EXPECT_EQ(machine.io_pressure.why(), "this kernel does not sum it up (/proc/pressure)");
}

TEST(KernelSampler, WhatIsNotToldIsNotZero) {
  KernelSampler sampler([] { return KernelReading{}; },
                        [] { return std::optional<std::uint64_t>(); });
  sampler.begin();
  sampler.look();
  sampler.end();
  record::MachineSignals machine;
  sampler.write(machine);
  EXPECT_EQ(machine.time_wait.why(), "/proc/net/sockstat cannot be read");
  EXPECT_EQ(machine.retransmissions.why(), "/proc/net/snmp cannot be read");
  EXPECT_FALSE(machine.local_ports);
  EXPECT_FALSE(machine.cpu_pressure);
}

}  // namespace
}  // namespace unrig::trial
