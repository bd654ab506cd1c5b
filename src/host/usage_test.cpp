#include "host/usage.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/file.h"
#include "process/process.h"
#include "process/testing.h"

namespace unrig::host {
namespace {

using process::eventually;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

/// A Python program that prints a line when it has done its work and then waits.
class Worker {
 public:
  explicit Worker(const std::string& program) {
    std::string name = (std::filesystem::temp_directory_path() / "unrig-host-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    const process::Command command{.argv = {"python3", "-c", program + "\ntime.sleep(1000)\n"},
                                   .log = folder_ / "log"};
    process_.emplace(process::Process::start(command, guard_).value());
  }
  ~Worker() { std::filesystem::remove_all(folder_); }

  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  /// Waits for the line.
  [[nodiscard]] std::string line() {
    std::string log;
    EXPECT_TRUE(eventually([&] {
      log = read_file(folder_ / "log").value_or("");
      return log.ends_with('\n');
    })) << log;
    return log;
  }

 private:
  std::filesystem::path folder_;
  process::Guard guard_ = process::Guard::start().value();
  std::optional<process::Process> process_;
};

// Work in a thread that ended, in a child that was reaped with its own child, in one that lives.
TEST(CpuTime, CountsThreadsChildrenAndGrandchildren) {
  Worker worker(
      "import os, threading, time\n"
      "def burn():\n"
      "    end = time.thread_time() + 0.1\n"
      "    while time.thread_time() < end: pass\n"
      "thread = threading.Thread(target=burn); thread.start(); thread.join()\n"
      "child = os.fork()\n"
      "if child == 0:\n"
      "    grandchild = os.fork()\n"
      "    burn()\n"
      "    if grandchild: os.wait()\n"
      "    os._exit(0)\n"
      "os.wait()\n"
      "read, write = os.pipe()\n"
      "if os.fork() == 0:\n"
      "    burn(); os.write(write, f'{time.process_time()}'.encode()); time.sleep(1000)\n"
      "living = float(os.read(read, 100))\n"
      "times = os.times()\n"
      "print(living + time.process_time() + times.children_user + times.children_system,\n"
      "      flush=True)");
  const Duration said = from_seconds(std::stod(worker.line()));
  EXPECT_GE(said, milliseconds(400 - 20));
  const auto counted = cpu_time(worker.pid());
  ASSERT_TRUE(counted);
  // It goes on for a moment after it said so. Ticks are rounded down.
  EXPECT_THAT(*counted, AllOf(Ge(said - milliseconds(20)), Le(said + milliseconds(90))));
}

TEST(CpuTime, OfNoProcessIsEmpty) {
  EXPECT_FALSE(cpu_time(-5));
  EXPECT_TRUE(cpu_time(::getpid()));
}

TEST(Tree, HasItsRootInFront) {
  Worker worker(
      "import os, time\n"
      "if os.fork() == 0:\n"
      "    time.sleep(1000)\n"
      "print('ready', flush=True)");
  ASSERT_EQ(worker.line(), "ready\n");
  const auto pids = descendants(worker.pid());
  ASSERT_EQ(pids.size(), 2u);
  EXPECT_EQ(pids[0], worker.pid());
  EXPECT_TRUE(descendants(-5).empty());
}

TEST(CommandLine, HasTheWordsOfTheProcess) {
  const auto own = command_line(::getpid());
  EXPECT_NE(own.find("host_test"), std::string::npos) << own;
  EXPECT_EQ(own.back(), '\0');
  EXPECT_EQ(command_line(-5), "");
}

Usage with_strangers(std::map<pid_t, Usage::Stranger> strangers) {
  Usage usage;
  usage.strangers = std::move(strangers);
  return usage;
}

TEST(Foreign, IsWhatStrangersUsedInBetween) {
  const Usage first =
      with_strangers({{10, {"shell", milliseconds(500)}}, {11, {"editor", milliseconds(70)}}});
  const Usage last = with_strangers({{10, {"shell", milliseconds(520)}},
                                     {11, {"editor", milliseconds(170)}},
                                     {12, {"new", milliseconds(30)}}});
  const Foreign foreign = foreign_between(first, last);
  EXPECT_EQ(foreign.used, milliseconds(20 + 100 + 30));
  EXPECT_EQ(foreign.name, "editor");
}

TEST(Foreign, TheEarlierLifeOfAProcessThatEndedDoesNotCount) {
  const Usage first =
      with_strangers({{10, {"make", milliseconds(100)}}, {11, {"compiler", milliseconds(5000)}}});
  const Usage last = with_strangers({{10, {"make", milliseconds(100 + 5040)}}});
  EXPECT_EQ(foreign_between(first, last).used, milliseconds(40));
  // One that nobody waited for cannot be seen any more; that is no negative use.
  EXPECT_EQ(foreign_between(first, with_strangers({})).used, Duration(0));
  EXPECT_EQ(foreign_between({}, {}).name, "");
}

// ninja has run for five minutes; its compilers, below a shell and a driver each, for seconds.
TEST(Foreign, WhatComesAndGoesIsNamedByWhoStartedIt) {
  constexpr auto old = std::chrono::minutes(5);
  constexpr auto fresh = std::chrono::seconds(4);
  const auto build = [&](int used_ms) {
    return with_strangers({{1, {"systemd", milliseconds(0), 0, old}},
                           {9, {"bash", milliseconds(0), 1, old}},
                           {10, {"ninja", milliseconds(20), 9, old}},
                           {11, {"sh", milliseconds(0), 10, fresh}},
                           {12, {"g++", milliseconds(0), 11, fresh}},
                           {13, {"cc1plus", milliseconds(used_ms), 12, fresh}},
                           {14, {"cc1plus", milliseconds(used_ms), 12, fresh}},
                           {20, {"editor", milliseconds(3 * used_ms / 2), 9, old}}});
  };
  EXPECT_EQ(foreign_between(build(0), build(1000)).name, "ninja") << "both compilers together";
  // A loop that somebody has just typed is not the fault of the shell; nor is one in a shell.
  for (const char* name : {"python3", "sh"}) {
    const Usage typed = with_strangers(
        {{9, {"bash", milliseconds(0), 1, old}}, {30, {name, milliseconds(900), 9, fresh}}});
    EXPECT_EQ(foreign_between({}, typed).name, name);
  }
}

TEST(Usage, TellsOwnWorkFromThatOfStrangers) {
  Worker worker(
      "import time\nend = time.thread_time() + 0.1\n"
      "while time.thread_time() < end: pass\nprint('ready', flush=True)");
  ASSERT_EQ(worker.line(), "ready\n");
  const Usage seen = usage(std::array{worker.pid(), pid_t{-5}});
  ASSERT_EQ(seen.trees.size(), 2u);
  EXPECT_GE(seen.trees[0], milliseconds(100));
  EXPECT_FALSE(seen.trees[1]);
  EXPECT_GE(seen.own, *seen.trees[0]);
  EXPECT_FALSE(seen.strangers.contains(worker.pid()));
  EXPECT_FALSE(seen.strangers.contains(::getpid()));
  // Whoever started us may live where it cannot be seen from here: then it has the number 0.
  if (::getppid() != 0) {
    EXPECT_TRUE(seen.strangers.contains(::getppid()));
  }
}

TEST(Memory, SharedPagesCountOnce) {
  if (read_file("/proc/self/smaps_rollup").value_or("").empty()) {
    GTEST_SKIP() << "this kernel does not share out pages";
  }
  constexpr std::int64_t mebibyte = 1 << 20;
  Worker worker(
      "import os, time\n"
      "shared = b'x' * (64 << 20)\n"
      "for i in range(3):\n"
      "    if os.fork() == 0: time.sleep(1000)\n"
      "print('ready', flush=True)");
  ASSERT_EQ(worker.line(), "ready\n");
  EXPECT_THAT(memory_of(worker.pid()).value(), AllOf(Ge(64 * mebibyte), Le(128 * mebibyte)));
  EXPECT_FALSE(memory_of(-5));
}

TEST(Memory, WhatNoFileBacksIsOfEachProcess) {
  if (!read_file("/proc/self/status").value_or("").contains("RssAnon")) {
    GTEST_SKIP() << "this kernel does not tell of it";
  }
  constexpr std::int64_t mebibyte = 1 << 20;
  Worker worker(
      "import time\n"
      "taken = b'x' * (64 << 20)\n"
      "print('ready', flush=True)\n"
      "time.sleep(1000)");
  ASSERT_EQ(worker.line(), "ready\n");
  const std::vector<pid_t> processes{worker.pid(), 1 << 30};
  const auto found = unbacked_memory_of(processes);
  ASSERT_EQ(found.size(), 1u) << "of nobody nothing is known";
  EXPECT_THAT(found.at(worker.pid()), AllOf(Ge(64 * mebibyte), Le(128 * mebibyte)));
}

TEST(Machine, TheMostOfItsCoresIsOfEachKind) {
  const std::map<int, MachineCpu> first{
      {0, {.busy = milliseconds(100), .interrupts = milliseconds(10)}}, {1, {}}, {7, {}}};
  const std::map<int, MachineCpu> last{
      {0, {.busy = milliseconds(190), .idle = milliseconds(10), .interrupts = milliseconds(20)}},
      {1,
       {.busy = milliseconds(50),
        .idle = milliseconds(40),
        .steal = milliseconds(10),
        .interrupts = milliseconds(30)}},
      {9, {.busy = milliseconds(100)}}};
  const auto most = most_between(first, last);
  ASSERT_TRUE(most);
  EXPECT_DOUBLE_EQ(most->busy, 0.9);
  EXPECT_DOUBLE_EQ(most->interrupts, 0.3);
  EXPECT_DOUBLE_EQ(most->steal, 0.1);
  EXPECT_FALSE(most_between(first, first)) << "no time has passed";
  EXPECT_FALSE(most_between({}, last));
}

TEST(Machine, ItsCpuTimeGoesOn) {
  const MachineCpu before = machine_cpu().value();
  EXPECT_GT(before.busy + before.idle, Duration(0));
  EXPECT_TRUE(eventually([&] {
    const MachineCpu after = machine_cpu().value();
    return after.busy + after.idle > before.busy + before.idle;
  }));
}

}  // namespace
}  // namespace unrig::host
