#include "host/threads.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <vector>

namespace unrig::host {
namespace {

using namespace std::chrono_literals;

TEST(Threads, ReadsWhatTheSchedulerCounts) {
  const auto time = parse_schedstat("1500 20 3\n");
  ASSERT_TRUE(time);
  EXPECT_EQ(time->ran, 1500ns);
  EXPECT_EQ(time->waited, 20ns);
  EXPECT_EQ(time->scheduled, 3u);
  for (const char* other : {"", "1 2", "1 2 x", "1 2 3 4", "1 2 3x"}) {
    EXPECT_FALSE(parse_schedstat(other)) << other;
  }
}

TEST(Threads, TheBusiestIsOneOfThemAndTheOthersAddUp) {
  const Threads first{{1, {.ran = 1s, .waited = 10ms, .scheduled = 5}},
                      {2, {.ran = 9s, .waited = 0ms, .scheduled = 7}},
                      {3, {.ran = 9s, .waited = 1s, .scheduled = 70}}};
  const Threads last{{1, {.ran = 1800ms, .waited = 60ms, .scheduled = 25}},
                     {2, {.ran = 9100ms, .waited = 1ms, .scheduled = 8}},
                     // Its number was given to another one.
                     {3, {.ran = 50ms, .waited = 2ms, .scheduled = 4}},
                     {4, {.ran = 700ms, .waited = 3ms, .scheduled = 1}}};
  const ThreadsUse use = use_between(first, last);
  EXPECT_EQ(use.most, 800ms);
  EXPECT_EQ(use.most_waited, 50ms);
  EXPECT_EQ(use.waited, 56ms);    // 50 + 1 + 2 + 3
  EXPECT_EQ(use.scheduled, 26u);  // 20 + 1 + 4 + 1
}

TEST(Threads, AKernelThatDoesNotCountIsNotOneThatCountsZero) {
  const auto proc =
      std::filesystem::temp_directory_path() / fmt::format("unrig-threads-{}", ::getpid());
  const auto task = proc / "7" / "task" / "7";
  std::filesystem::create_directories(task);
  std::ofstream(task / "schedstat") << "0 0 0\n";
  const std::vector<pid_t> processes{7};
  EXPECT_FALSE(threads_of(processes, proc));
  std::ofstream(task / "schedstat") << "12 3 1\n";
  const auto threads = threads_of(processes, proc);
  ASSERT_TRUE(threads);
  EXPECT_EQ(threads->at(7).ran, 12ns);
  EXPECT_FALSE(threads_of(std::vector<pid_t>{8}, proc)) << "it is gone";
  std::filesystem::remove_all(proc);
}

TEST(Threads, OfThisProcess) {
  const auto threads = threads_of(std::vector<pid_t>{getpid()});
  if (!threads) GTEST_SKIP() << "this kernel does not count";
  EXPECT_TRUE(threads->contains(getpid()));
}

}  // namespace
}  // namespace unrig::host
