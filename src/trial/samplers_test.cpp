#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/played_clock.h"
#include "host/usage.h"
#include "trial/cpu_sampler.h"
#include "trial/frequency_sampler.h"
#include "trial/halts.h"
#include "trial/memory_sampler.h"
#include "trial/pool_sampler.h"
#include "trial/queue_sampler.h"

namespace unrig::trial {
namespace {

using namespace std::chrono_literals;
using record::Component;

/// 5 s of two cores: 8 s busy, of which 6 s unrig's own, 300 ms interrupts, 200 ms the kernel's
/// threads, 500 ms a compiler's; 2 s idle.
class CpuSamplerTest : public ::testing::Test {
 protected:
  CpuSamplerTest() {
    first.machine.emplace();
    last.at = first.at + 5s;
    last.machine = host::MachineCpu{.busy = 8s, .idle = 2s, .steal = 0s, .interrupts = 300ms};
    last.usage.own = 6s;
    last.usage.kernel = 200ms;
    last.usage.strangers[7] = {"compiler", 500ms};
  }
  record::Signals seen(std::vector<Component> parts = {}) const {
    bool begun = false;
    CpuSampler sampler(std::move(parts), [&] { return std::exchange(begun, true) ? last : first; });
    sampler.begin();
    sampler.end();
    record::Signals signals;
    sampler.write(signals);
    return signals;
  }
  CpuReading first, last;
};

TEST_F(CpuSamplerTest, SharesOutWhatTheMachineDid) {
  const record::MachineSignals found = seen().machine;
  EXPECT_DOUBLE_EQ(*found.busy, 0.8);
  EXPECT_DOUBLE_EQ(*found.cpu_seconds, 8);
  EXPECT_DOUBLE_EQ(*found.foreign, 0.05);
  EXPECT_EQ(found.foreign_name, "compiler");
  EXPECT_DOUBLE_EQ(*found.unseen, 0.1);  // 8 - 6 - 0.3 - 0.2 - 0.5 s of 10 s
}

TEST_F(CpuSamplerTest, StolenTimeIsOfTheMachineAndNotBusy) {
  last.machine->idle = 1s;
  last.machine->steal = 1s;
  EXPECT_DOUBLE_EQ(*seen().machine.busy, 0.8);
  EXPECT_DOUBLE_EQ(*seen().machine.steal, 0.1);
}

TEST_F(CpuSamplerTest, NothingUnseenIsNotLessThanNothing) {
  last.usage.own = 9s;
  EXPECT_EQ(seen().machine.unseen.value(), 0);
}

TEST_F(CpuSamplerTest, OthersThatProcHidesAreNotNone) {
  last.usage.sees_all = false;
  const record::MachineSignals found = seen().machine;
  EXPECT_DOUBLE_EQ(*found.busy, 0.8);
  EXPECT_EQ(found.foreign.why(), "/proc hides the processes of others");
  EXPECT_EQ(found.unseen.why(), "/proc hides the processes of others");
}

TEST_F(CpuSamplerTest, AMachineThatStoodStillSaysNothing) {
  last.machine = first.machine;
  EXPECT_EQ(seen().machine.busy.why(), "/proc/stat stood still");
  last.machine.reset();
  EXPECT_EQ(seen().machine.steal.why(), "/proc/stat cannot be read");
  last.machine = first.machine;
  first.machine.reset();
  EXPECT_EQ(seen().machine.busy.why(), "/proc/stat cannot be read");
  EXPECT_FALSE(seen().machine.foreign);
}

TEST_F(CpuSamplerTest, AThreadAtItsLimitIsSeenAmongIdleOnes) {
  first.of[Component::app] = {.cpu = 1s, .threads = host::Threads{{5, {1s, 10ms, 1}}}};
  last.of[Component::app] = {
      .cpu = 7s, .threads = host::Threads{{5, {5500ms, 60ms, 400}}, {6, {1s, 5ms, 10}}}};
  const record::Signals signals = seen({Component::app});
  const record::ProcessSignals& app = *signals.of(Component::app);
  EXPECT_DOUBLE_EQ(*app.cpu_seconds, 6);
  EXPECT_DOUBLE_EQ(*app.busiest_thread, 0.9);  // 4.5 of 5 s
  EXPECT_DOUBLE_EQ(*app.busiest_thread_wait, 0.01);
  EXPECT_DOUBLE_EQ(*app.queue_wait_seconds, 0.055);
  EXPECT_EQ(*app.times_scheduled, 409u);
  last.of[Component::app].threads->at(5).ran = 6010ms;
  EXPECT_EQ(*seen({Component::app}).of(Component::app)->busiest_thread, 1)
      << "the looks take time themselves";
}

TEST_F(CpuSamplerTest, OneCoreMayDoMoreThanTheMachine) {
  EXPECT_EQ(seen().machine.busiest_core.why(), "/proc/stat does not tell of single cores");
  first.cores = {{0, {}}, {1, {}}};
  last.cores = {{0, {.busy = 5s, .idle = 0s, .steal = 0s, .interrupts = 1s}},
                {1, {.busy = 3s, .idle = 1s, .steal = 1s, .interrupts = 500ms}}};
  const record::MachineSignals found = seen().machine;
  EXPECT_DOUBLE_EQ(*found.busiest_core, 1);
  EXPECT_DOUBLE_EQ(*found.core_interrupts, 0.2);
  EXPECT_DOUBLE_EQ(*found.core_steal, 0.2);
}

TEST_F(CpuSamplerTest, WhatCannotBeReadIsNeverZero) {
  first.of[Component::app] = {.cpu = 1s, .threads = std::nullopt};
  last.of[Component::app] = {.cpu = 2s, .threads = std::nullopt};
  const record::Signals signals = seen({Component::app, Component::pooler});
  const record::ProcessSignals& app = *signals.of(Component::app);
  EXPECT_EQ(app.cpu_seconds.value(), 1);
  EXPECT_FALSE(app.busiest_thread);
  EXPECT_FALSE(app.busiest_thread_wait);
  EXPECT_FALSE(app.queue_wait_seconds);
  EXPECT_FALSE(app.times_scheduled);
  EXPECT_EQ(signals.of(Component::pooler)->cpu_seconds.why(),
            "its processes could not be read in /proc at both ends of the window");
  EXPECT_EQ(signals.of(Component::proxy), nullptr) << "the scenario leaves it out";
}

/// A pooler that answers after `takes`, or fails.
class PoolSamplerTest : public ::testing::Test {
 protected:
  PoolSampler sampler() {
    return PoolSampler(
        [this](Duration limit) -> Result<chain::PoolerSample> {
          limits.push_back(limit);
          clock.sleep_until(clock.now() + takes);
          if (!failure.empty()) return fail(ErrorKind::environment, failure);
          return answer;
        },
        clock);
  }
  record::SessionSignals seen(const PoolSampler& sampler) const {
    record::SessionSignals signals;
    sampler.write(signals);
    return signals;
  }
  PlayedClock clock;
  chain::PoolerSample answer;
  Duration takes = 1ms;
  std::string failure;
  std::vector<Duration> limits;
};

TEST_F(PoolSamplerTest, TellsTheMeansAndTheMost) {
  PoolSampler pool = sampler();
  const Instant end = clock.now() + 5s;
  answer = {.servers = 7, .clients_active = 5, .clients_waiting = 0, .servers_active = 5};
  pool.look(end);
  answer = {.servers = 6, .clients_active = 6, .clients_waiting = 3, .servers_active = 6};
  pool.look(end);
  const record::SessionSignals found = seen(pool);
  EXPECT_EQ(*found.most, 7);
  EXPECT_DOUBLE_EQ(*found.mean, 6.5);
  EXPECT_DOUBLE_EQ(*found.active_mean, 5.5);
  EXPECT_DOUBLE_EQ(*found.waiting_mean, 1.5);
  EXPECT_DOUBLE_EQ(*found.silence_seconds, 0.001);
  EXPECT_EQ(found.cut_short, "");
  EXPECT_FALSE(pool.mishap(0s));
}

TEST_F(PoolSamplerTest, OneThatFellSilentIsNamedAndNotAskedAgain) {
  PoolSampler pool = sampler();
  const Instant end = clock.now() + 10s;
  answer.servers = 7;
  pool.look(end);
  takes = 1s;
  failure = "no answer in time";
  pool.look(end);
  pool.look(end);
  EXPECT_EQ(limits.size(), 2u);
  EXPECT_EQ(*seen(pool).most, 7) << "what it said before stands";
  EXPECT_EQ(seen(pool).cut_short, "no answer in time");
  ASSERT_TRUE(pool.mishap(0s));
  EXPECT_EQ(pool.mishap(0s)->reason, "the pooler did not answer for 1.0 s: no answer in time");
  EXPECT_EQ(pool.mishap(0s)->who, (std::set{Component::pooler}));
  EXPECT_FALSE(pool.mishap(800ms)) << "unrig itself was stopped";
}

TEST_F(PoolSamplerTest, AnAnswerIsNotWaitedForLongBeyondTheWindow) {
  PoolSampler pool = sampler();
  const Instant now = clock.now();
  pool.look(now + 10s);
  pool.look(clock.now() + 400ms);
  pool.look(clock.now());
  EXPECT_THAT(limits, ::testing::ElementsAre(1s, 400ms, 50ms));
}

TEST_F(PoolSamplerTest, WithoutAnAnswerThereIsAReason) {
  EXPECT_EQ(seen(sampler()).most.why(), "the window is too short");
  const PoolSampler none(nullptr, clock);
  EXPECT_EQ(seen(none).active_mean.why(), "only a pooler counts them, and there is none");
  PoolSampler pool = sampler();
  failure = "gone";
  pool.look(clock.now() + 1s);
  EXPECT_EQ(seen(pool).most.why(), "gone");
  EXPECT_EQ(seen(pool).cut_short, "");
}

TEST(FrequencySampler, ComparesTheHalves) {
  EXPECT_FALSE(change_between_halves({3000, 3000, 3000}));
  EXPECT_DOUBLE_EQ(change_between_halves({3000, 3000, 9, 2400, 2400, 2400}).value(), -0.2);
  EXPECT_EQ(change_between_halves({3000, 3000, 3000, 3000, 3000}), 0);
  EXPECT_FALSE(change_between_halves({0, 0, 1, 1}));
  std::optional<double> mhz;
  FrequencySampler sampler([&] { return mhz; });
  record::MachineSignals machine;
  sampler.look();
  sampler.write(machine);
  EXPECT_EQ(machine.frequency_change.why(), "this machine does not tell");
  for (const double value : {3000., 3000., 2400.}) {
    mhz = value;
    sampler.look();
  }
  sampler.write(machine);
  EXPECT_EQ(machine.frequency_change.why(), "too few readings: the window is too short");
  sampler.look();
  sampler.write(machine);
  EXPECT_DOUBLE_EQ(*machine.frequency_change, -0.2);
}

TEST(QueueSampler, CountsTheChainsOwnWhereTheKernelTells) {
  EXPECT_EQ(full_queues_between({.chain = 2, .machine = 10}, {.chain = 5, .machine = 90}), 3u);
  // Others filled theirs; or the chain dropped for another reason.
  EXPECT_EQ(full_queues_between({.chain = 2, .machine = 10}, {.chain = 2, .machine = 90}), 0u);
  EXPECT_EQ(full_queues_between({.chain = 2, .machine = 10}, {.chain = 999, .machine = 10}), 0u);
  EXPECT_EQ(full_queues_between({.chain = 2, .machine = 10}, {.chain = {}, .machine = 14}), 4u);
  EXPECT_FALSE(full_queues_between({.chain = 2, .machine = {}}, {.chain = 2, .machine = 14}));
  EXPECT_EQ(full_queues_between({.chain = 5, .machine = 10}, {.chain = 2, .machine = 10}), 0u);
  // pgbouncer's port drops each handshake once, and is served all the same.
  EXPECT_EQ(full_queues_between({.chain = 2, .deferring = 7, .deferred = 50, .machine = 10},
                                {.chain = 2, .deferring = 97, .deferred = 140, .machine = 30}),
            0u);
  EXPECT_EQ(full_queues_between({.chain = 2, .deferring = 7, .deferred = 50, .machine = 10},
                                {.chain = 3, .deferring = 99, .deferred = 140, .machine = 30}),
            3u);
  EXPECT_EQ(full_queues_between({.chain = 2, .deferring = 7, .deferred = {}, .machine = 10},
                                {.chain = 2, .deferring = 9, .deferred = {}, .machine = 11}),
            1u)
      << "nobody knows which these were";
  FullQueues now{.chain = 1, .machine = 1};
  QueueSampler sampler([&] { return now; });
  sampler.begin();
  now = {.chain = 3, .machine = 9};
  sampler.end();
  record::MachineSignals machine;
  sampler.write(machine);
  EXPECT_EQ(machine.listen_overflows.value(), 2u);
  now.machine.reset();
  sampler.end();
  sampler.write(machine);
  EXPECT_EQ(machine.listen_overflows.why(), "/proc/net/netstat cannot be read");
}

TEST(Halts, TellSleepFromStops) {
  std::uint64_t resumed = 4;
  std::optional<Duration> slept = 1s;
  Halts halts([&] { return resumed; }, [&] { return slept; });
  halts.begin();
  slept = 1010ms;  // no more than two clocks may be apart
  halts.end();
  record::MachineSignals machine;
  halts.write(machine);
  EXPECT_EQ(machine.suspended_seconds.value(), 0);
  EXPECT_FALSE(halts.mishap());
  slept = 1011ms;
  halts.end();
  halts.write(machine);
  EXPECT_DOUBLE_EQ(*machine.suspended_seconds, 0.011);
  slept = 4s;
  resumed = 5;
  halts.end();
  halts.write(machine);
  EXPECT_EQ(machine.suspended_seconds.value(), 3);
  EXPECT_EQ(halts.mishap()->reason, "unrig was stopped by a signal, as SIGSTOP does");
  slept.reset();
  resumed = 6;
  halts.end();
  halts.write(machine);
  EXPECT_EQ(machine.suspended_seconds.why(), "the kernel does not tell");
  EXPECT_EQ(halts.mishap()->reason, "unrig was stopped 2 times by a signal, as SIGSTOP does");
}

TEST(Halts, TellByHowMuchTheClockWasSetEitherWay) {
  std::optional<Duration> ahead = 100s;
  Halts halts([] { return 0; }, [] { return std::optional(Duration(0)); }, [&] { return ahead; });
  halts.begin();
  record::MachineSignals machine;
  const auto set_by = [&](Duration change) {
    ahead = 100s + change;
    halts.end();
    halts.write(machine);
    return machine.clock_set_seconds.value();
  };
  EXPECT_EQ(set_by(1ms), 0) << "no more than two clocks may be apart";
  EXPECT_EQ(set_by(500ms), 0.5);
  EXPECT_EQ(set_by(-2s), 2);
  ahead.reset();
  halts.end();
  halts.write(machine);
  EXPECT_EQ(machine.clock_set_seconds.why(), "the kernel does not tell");
}

TEST(MemorySampler, OfEachComponentThatThereIs) {
  MemorySampler memory(
      [](pid_t root) { return root == 7 ? std::optional<std::int64_t>(70) : std::nullopt; },
      [] { return std::optional<std::int64_t>(9); }, nullptr);
  memory.look(std::vector<Part>{{.component = Component::app, .root = 7, .members = {}},
                                {.component = Component::proxy, .root = 8, .members = {}}});
  record::Signals signals;
  for (const Component part : {Component::load, Component::app, Component::proxy}) {
    signals.processes[part];
  }
  memory.write(signals);
  EXPECT_EQ(signals.of(Component::load)->memory_bytes.value(), 9);
  EXPECT_EQ(signals.of(Component::app)->memory_bytes.value(), 70);
  EXPECT_FALSE(signals.of(Component::proxy)->memory_bytes);
  EXPECT_EQ(signals.growth.memory.why(), "the window was too short") << "nobody looked within it";
}

TEST(MemorySampler, GrowthIsThatOfThoseWhoLiveThroughTheWindow) {
  using Looks = std::vector<std::map<pid_t, std::int64_t>>;
  const auto grown = [](Looks looks) {
    std::size_t next = 0;
    MemorySampler memory([](pid_t) { return std::nullopt; }, [] { return std::nullopt; },
                         [&] { return looks[next++]; });
    for (std::size_t i = 0; i < looks.size(); ++i) memory.look_at_growth();
    record::Signals signals;
    memory.write(signals);
    return signals.growth;
  };
  const auto both = grown({{{7, 100}, {8, 50}}, {{7, 180}, {8, 50}}, {{7, 200}, {8, 40}}});
  EXPECT_EQ(both.memory.value(), 90);
  EXPECT_EQ(both.memory_late.value(), 10) << "some of it was given back";
  const auto one = grown({{{7, 100}, {8, 50}}, {{7, 180}}, {{7, 200}, {9, 4000}}});
  EXPECT_EQ(one.memory.value(), 100) << "one went, and one came";
  EXPECT_EQ(grown({{}, {}, {}}).memory.why(), "/proc does not tell of its processes");
  EXPECT_EQ(grown({{{7, 1}}, {{7, 2}}}).memory_late.why(), "the window was too short");
}

}  // namespace
}  // namespace unrig::trial
