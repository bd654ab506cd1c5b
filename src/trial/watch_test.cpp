#include "trial/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/played_clock.h"

namespace unrig::trial {
namespace {

using namespace std::chrono_literals;
using record::Component;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A chain of one process, and a machine, as they are played; writes down when who looks.
class WatchTest : public ::testing::Test {
 protected:
  Lives lives_of(const Part& pooler, const process::Entry& process) {
    return Lives(
        {pooler},
        [this, process](pid_t) {
          lives.push_back(since_start());
          auto now = process;
          if (since_start() >= stopped_from && since_start() < stopped_to) now.state = 'T';
          return std::optional(now);
        },
        [process](const Part&) { return std::vector{process}; });
  }
  Holds quotas() {
    return Holds(
        {.holding = [](pid_t,
                       std::string_view controller) -> Result<std::vector<std::filesystem::path>> {
           return std::vector<std::filesystem::path>{controller == "cpu" ? "/q" : "/f"};
         },
         .is_there = [](pid_t) { return true; },
         .throttling =
             [this](const std::filesystem::path&) {
               holds.push_back(since_start());
               return std::optional(host::Throttling{});
             },
         .is_frozen = [](const std::filesystem::path&) { return false; }});
  }
  Samplers samplers() {
    process::Entry process;
    process.pid = 7;
    const Part pooler{.component = Component::pooler, .root = 7, .members = {process}};
    return {.lives = lives_of(pooler, process),
            .holds = quotas(),
            .cpu = CpuSampler({Component::pooler},
                              [this] {
                                cpu.push_back(since_start());
                                return CpuReading{.at = clock.now()};
                              }),
            .queues = QueueSampler([] { return FullQueues{.chain = 0, .machine = 0}; }),
            .halts = Halts([] { return 0; }, [] { return std::optional(Duration(0)); },
                           [] { return std::optional(Duration(0)); }),
            .signals = signal_samplers()};
  }
  SignalSamplers signal_samplers() {
    return {.doing = DoingSampler({.begin =
                                       [this] {
                                         threads_from = since_start();
                                         return std::size_t{1};
                                       },
                                   .doing =
                                       [this](std::size_t) {
                                         doing.push_back(since_start());
                                         return std::optional(host::Doing::polling);
                                       }}),
            .proxy = ProxySampler([this](Duration) -> Result<chain::ProxyStatus> {
              proxy.push_back(since_start());
              return chain::ProxyStatus{.writing = 5};
            }),
            .pool = PoolSampler(
                [this](Duration) -> Result<chain::PoolerSample> {
                  asked.push_back(since_start());
                  clock.sleep_until(clock.now() + answers_after);
                  return chain::PoolerSample{.servers = 3};
                },
                clock),
            .activity = ActivitySampler([this](Duration) -> Result<chain::Activity> {
              activity.push_back(since_start());
              return chain::Activity{.asleep = 2};
            }),
            .backlogs = BacklogSampler({{Component::pooler, {"h", 1}}},
                                       [this](const host::Endpoint&) {
                                         backlogs.push_back(since_start());
                                         return std::optional(host::ListenQueue{.waiting = 3});
                                       }),
            .kernel = KernelSampler(
                [this] {
                  kernel.push_back(since_start());
                  return KernelReading{.at = clock.now(), .retransmitted = 1};
                },
                [] { return std::optional<std::uint64_t>(8); }),
            .census = CensusSampler([this] {
              census.push_back(since_start());
              return CensusSampler::Look{.processes = {1, 2, 3, 4}, .threads = 9};
            }),
            .frequency = FrequencySampler([] { return std::optional(3000.0); }),
            .memory = MemorySampler([](pid_t) { return std::optional<std::int64_t>(70); },
                                    [] { return std::optional<std::int64_t>(9); },
                                    [this] {
                                      growth.push_back(since_start());
                                      return std::map<pid_t, std::int64_t>{
                                          {7, 1000 * static_cast<std::int64_t>(growth.size())}};
                                    })};
  }
  Duration since_start() const { return clock.now() - start; }

  PlayedClock clock;
  const Instant start = clock.now() + 100ms;
  Duration stopped_from{-1}, stopped_to{-1};
  Duration answers_after{0};
  Duration threads_from{-1};
  std::vector<Duration> lives, holds, cpu, asked, doing, proxy, activity, backlogs, kernel, census;
  std::vector<Duration> growth;
};

TEST_F(WatchTest, ReadsTheClocksAtTheEndsOfTheWindowAndAsksInBetween) {
  Samplers seen = samplers();
  begin_watch(seen);
  watch(seen, clock, start, {.warmup = 200ms, .duration = 600ms}, {});
  EXPECT_THAT(cpu, ElementsAre(200ms, 800ms));
  EXPECT_THAT(asked, ElementsAre(300ms, 400ms, 500ms, 600ms, 700ms));
  EXPECT_THAT(lives, ElementsAre(0ms, 100ms, 300ms, 400ms, 500ms, 600ms, 700ms));
  // Twice a second, and at the end; of unrig and of the one process.
  EXPECT_THAT(holds, ElementsAre(0ms, 0ms, 600ms, 600ms, 800ms, 800ms));
  EXPECT_EQ(since_start(), 800ms);
}

TEST_F(WatchTest, LooksAtThreadsMoreOftenThanAtTheRest) {
  Samplers seen = samplers();
  begin_watch(seen);
  watch(seen, clock, start, {.warmup = 200ms, .duration = 300ms}, {});
  EXPECT_EQ(threads_from, 100ms) << "before the window: it takes its time";
  EXPECT_THAT(doing, ElementsAre(225ms, 250ms, 275ms, 300ms, 325ms, 350ms, 375ms, 400ms, 425ms,
                                 450ms, 475ms));
  EXPECT_THAT(activity, ElementsAre(300ms, 400ms));
  EXPECT_EQ(backlogs, activity);
  EXPECT_EQ(proxy, activity);
  EXPECT_THAT(kernel, ElementsAre(200ms, 500ms));
}

TEST_F(WatchTest, CountsTheApplicationFiveTimesASecond) {
  Samplers seen = samplers();
  begin_watch(seen);
  watch(seen, clock, start, {.warmup = 200ms, .duration = 500ms}, {});
  EXPECT_THAT(census, ElementsAre(400ms, 600ms)) << "twice in the shortest window";
}

TEST_F(WatchTest, LooksAtMemoryBeforeTheWindowHalfwayAndAfterIt) {
  Samplers seen = samplers();
  begin_watch(seen);
  watch(seen, clock, start, {.warmup = 200ms, .duration = 500ms}, {});
  EXPECT_THAT(growth, ElementsAre(100ms, 500ms, 700ms)) << "100 ms is the last look before";
}

TEST_F(WatchTest, DoesNotMakeUpForLooksThatItMissed) {
  answers_after = 60ms;
  Samplers seen = samplers();
  begin_watch(seen);
  watch(seen, clock, start, {.warmup = 0ms, .duration = 300ms}, {});
  // The pooler is asked at 100 ms and answers at 160 ms: of 125 and 150 ms one look is left.
  EXPECT_THAT(doing, ElementsAre(25ms, 50ms, 75ms, 100ms, 160ms, 175ms, 200ms, 260ms, 275ms));
}

TEST_F(WatchTest, WritesOneRecordOfAllThatWasSeen) {
  Samplers seen = samplers();
  begin_watch(seen);
  watch(seen, clock, start, {.warmup = 0ms, .duration = 1s}, {});
  end_watch(seen, clock);
  record::Signals signals;
  signals.processes[Component::load];
  write(signals, seen);
  EXPECT_EQ(signals.sessions.most.value(), 3);
  EXPECT_EQ(signals.doing.polling.value(), 1);
  EXPECT_EQ(signals.census.processes.value(), 4);
  EXPECT_EQ(signals.growth.memory.value(), 2000);
  EXPECT_EQ(signals.activity.asleep.value(), 2);
  EXPECT_EQ(signals.proxy.writing.value(), 5);
  EXPECT_EQ(signals.of(Component::pooler)->queue.mean.value(), 3);
  EXPECT_EQ(signals.machine.retransmissions.value(), 0U);
  EXPECT_EQ(signals.machine.time_wait.value(), 8U);
  EXPECT_EQ(signals.machine.listen_overflows.value(), 0u);
  EXPECT_EQ(signals.machine.suspended_seconds.value(), 0);
  EXPECT_EQ(signals.of(Component::pooler)->memory_bytes.value(), 70);
  EXPECT_EQ(signals.of(Component::load)->memory_bytes.value(), 9);
  EXPECT_EQ(signals.of(Component::load)->throttled_seconds.value(), 0);
  EXPECT_TRUE(mishaps_of(seen, 1s, 0s).empty());
}

TEST_F(WatchTest, WithoutSignalsItLooksAtWhatAVerdictNeeds) {
  Samplers seen = samplers();
  seen.signals.reset();
  begin_watch(seen);
  watch(seen, clock, start, {.warmup = 200ms, .duration = 300ms}, {});
  end_watch(seen, clock);
  EXPECT_THAT(lives, ElementsAre(0ms, 100ms, 300ms, 400ms, 500ms));
  EXPECT_THAT(cpu, ElementsAre(200ms, 500ms));
  EXPECT_THAT(asked, IsEmpty());
  EXPECT_THAT(doing, IsEmpty());
  EXPECT_THAT(kernel, IsEmpty());
  record::Signals signals;
  signals.processes[Component::load].cpu_seconds = 1;
  write(signals, seen);
  constexpr const char* why = "watch.signals is false";
  EXPECT_EQ(signals.of(Component::pooler)->cpu_seconds.why(), why);
  EXPECT_EQ(signals.of(Component::pooler)->queue.mean.why(), why);
  EXPECT_EQ(signals.of(Component::pooler)->throttled_seconds.value(), 0);
  EXPECT_EQ(signals.of(Component::load)->cpu_seconds.value(), 1);
  EXPECT_EQ(signals.machine.foreign.why(), why);
  EXPECT_EQ(signals.machine.listen_overflows.value(), 0u);
  EXPECT_EQ(signals.machine.suspended_seconds.value(), 0);
  EXPECT_TRUE(mishaps_of(seen, 1s, 0s).empty());
}

TEST_F(WatchTest, APoolerThatWasStoppedIsNotBlamedForItsSilenceToo) {
  stopped_from = 300ms;
  stopped_to = 700ms;
  answers_after = 500ms;
  Samplers seen = samplers();
  begin_watch(seen);
  watch(seen, clock, start, {.warmup = 0ms, .duration = 1s}, {});
  end_watch(seen, clock);
  const auto mishaps = mishaps_of(seen, 1s, 0s);
  ASSERT_EQ(mishaps.size(), 1u);
  EXPECT_THAT(mishaps[0].reason, ::testing::HasSubstr("the pooler was stopped"));
}

TEST_F(WatchTest, EndsSoonAfterItIsToldTo) {
  std::stop_source stop;
  clock.on_sleep = [&] {
    if (since_start() >= 400ms) stop.request_stop();
  };
  Samplers seen = samplers();
  watch(seen, clock, start, {.warmup = 200ms, .duration = 60s}, stop.get_token());
  EXPECT_LE(since_start(), 500ms);
}

}  // namespace
}  // namespace unrig::trial
