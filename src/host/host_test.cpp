#include "host/facts.h"
#include "host/sockets.h"
#include "host/usage.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/file.h"
#include "host/loopback.h"
#include "process/process.h"

namespace unrig::host {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Ge;
using ::testing::Le;
using ::testing::Pair;

/// True when `condition` held within a minute: that is for a hanging test, not for a slow machine.
template <class Condition>
bool eventually(Condition condition) {
  const SystemClock clock;
  for (int i = 0; i < 6000; ++i) {
    if (condition()) return true;
    clock.sleep_for(milliseconds(10));
  }
  return false;
}

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

TEST(Tree, IsCountedWithItsThreads) {
  Worker worker(
      "import os, threading, time\n"
      "if os.fork() == 0:\n"
      "    time.sleep(1000)\n"
      "for i in range(3): threading.Thread(target=lambda: time.sleep(1000), daemon=True).start()\n"
      "print('ready', flush=True)");
  ASSERT_EQ(worker.line(), "ready\n");
  const Count count = count_of(worker.pid());
  EXPECT_EQ(count.processes, 2);
  EXPECT_EQ(count.threads, 1 + 4);
  const auto pids = descendants(worker.pid());
  ASSERT_EQ(pids.size(), 2u);
  EXPECT_EQ(pids[0], worker.pid());
  EXPECT_EQ(count_of(-5).processes, 0);
  EXPECT_TRUE(descendants(-5).empty());
}

TEST(CommandLine, HasTheWordsOfTheProcess) {
  const auto own = command_line(::getpid());
  EXPECT_NE(own.find("host_test"), std::string::npos) << own;
  EXPECT_EQ(own.back(), '\0');
  EXPECT_EQ(command_line(-5), "");
}

TEST(ListenQueue, HasALimitInTheKernel) {
  EXPECT_GT(longest_listen_queue().value_or(0), 0);
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

TEST(CoreMhz, IsThatOfTheFastestCore) {
  std::string folder = (std::filesystem::temp_directory_path() / "unrig-mhz-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  EXPECT_FALSE(core_mhz(folder));
  for (const auto& [policy, khz] : {std::pair{"policy0", "1200000\n"}, {"policy1", "3400500\n"}}) {
    const auto path = std::filesystem::path(folder) / policy;
    ASSERT_TRUE(make_folder(path));
    ASSERT_TRUE(write_file(path / "scaling_cur_freq", khz));
  }
  EXPECT_EQ(core_mhz(folder), 3400.5);
  EXPECT_FALSE(core_mhz(folder + "/none"));
  std::filesystem::remove_all(folder);
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

TEST(Machine, TellsItsFacts) {
  const Facts all = facts();
  EXPECT_FALSE(all.hostname.empty());
  EXPECT_FALSE(all.os.empty());
  EXPECT_FALSE(all.kernel.empty());
  EXPECT_GE(all.cores, 1);
  EXPECT_GE(all.memory_bytes, 1 << 26);
  EXPECT_THAT(all.settings, Contains(Pair("net.core.somaxconn", ::testing::Ne("0"))));
  EXPECT_THAT(all.settings, Contains(Pair("kernel.randomize_va_space", ::testing::Ne(""))));
  EXPECT_THAT(all.settings, ::testing::Not(Contains(Pair(::testing::_, ""))));
}

TEST(Machine, ItsCpuTimeGoesOn) {
  const MachineCpu before = machine_cpu().value();
  EXPECT_GT(before.busy + before.idle, Duration(0));
  EXPECT_TRUE(eventually([&] {
    const MachineCpu after = machine_cpu().value();
    return after.busy + after.idle > before.busy + before.idle;
  }));
}

/// A listening socket at a port that the kernel chose.
std::pair<UniqueFd, sockaddr_in> listener(int backlog) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = ipv4_loopback();
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(socket.get(), generic, size), 0);
  EXPECT_EQ(::listen(socket.get(), backlog), 0);
  EXPECT_EQ(::getsockname(socket.get(), generic, &size), 0);
  return {std::move(socket), address};
}

UniqueFd connect_to(const sockaddr_in& address, int flags = 0) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  static_cast<void>(
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  return socket;
}

TEST(Sockets, TellWhoWaitsToBeAccepted) {
  auto [socket, address] = listener(5);
  const int port = ::ntohs(address.sin_port);
  const auto empty = listen_queue(port);
  if (!empty) GTEST_SKIP() << "this kernel has no sock_diag for TCP";
  EXPECT_EQ(empty->waiting, 0u);
  EXPECT_EQ(empty->limit, 5u);
  const UniqueFd one = connect_to(address);
  const UniqueFd two = connect_to(address);
  // A client is through before the listener has its last packet.
  EXPECT_TRUE(eventually([&] { return listen_queue(port)->waiting == 2u; }));
  // An accepted connection has the port as well, and a queue of bytes.
  const UniqueFd accepted(::accept(socket.get(), nullptr, nullptr));
  ASSERT_EQ(::send(one.get(), "bytes", 5, 0), 5);
  ASSERT_EQ(::send(two.get(), "bytes", 5, 0), 5);
  EXPECT_EQ(listen_queue(port)->waiting, 1u);
  socket.reset();
  EXPECT_FALSE(listen_queue(port));
}

TEST(Sockets, AnOverflowIsCounted) {
  const auto counters = read_file("/proc/net/netstat").value_or("");
  if (counters.find("ListenOverflows") == std::string::npos) {
    GTEST_SKIP() << "this kernel does not count them";
  }
  const auto [socket, address] = listener(0);
  const NetCounters before = net_counters();
  // A backlog of 0 takes one connection; handshakes beyond it are dropped.
  const UniqueFd first = connect_to(address);
  std::vector<UniqueFd> more;
  for (int i = 0; i < 4; ++i) more.push_back(connect_to(address, SOCK_NONBLOCK));
  EXPECT_TRUE(eventually([&] {
    const NetCounters now = net_counters();
    return now.listen_drops > before.listen_drops && now.listen_overflows > before.listen_overflows;
  }));
}

TEST(Sockets, TellWhoseQueueOverflowed) {
  const auto [full, full_address] = listener(0);
  const auto [idle, idle_address] = listener(5);
  const auto drops = [](const sockaddr_in& address) {
    const auto queue = listen_queue(::ntohs(address.sin_port));
    return queue ? queue->drops : std::nullopt;
  };
  if (!drops(full_address)) GTEST_SKIP() << "this kernel does not tell";
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(connect_to(full_address, SOCK_NONBLOCK));
  EXPECT_TRUE(eventually([&] { return drops(full_address) > 0u; }));
  EXPECT_EQ(drops(idle_address), 0u);
}

TEST(Ports, OfTheKernelAreARange) {
  const PortRange range = ephemeral_ports();
  EXPECT_GT(range.low, 0);
  EXPECT_GE(range.high, range.low);
  EXPECT_LE(range.high, 65535);
  const auto [socket, address] = listener(1);
  EXPECT_THAT(int{::ntohs(address.sin_port)}, AllOf(Ge(range.low), Le(range.high)));
}

}  // namespace
}  // namespace unrig::host
