#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>
#include <thread>

#include "base/testing.h"
#include "process/process.h"
#include "process/strays.h"
#include "process/testing.h"
#include "process/tree.h"

namespace unrig::process {
namespace {

/// Another unrig: a fork that starts programs and then hangs until it is killed.
class GuardTest : public ProcessTest {
 protected:
  pid_t fork_unrig(const std::vector<Command>& commands,
                   const std::vector<std::filesystem::path>& folders = {},
                   const std::filesystem::path& group = {}) {
    unrig_ = ::fork();
    if (unrig_ != 0) return unrig_;
    Guard guard = Guard::start().value();
    std::vector<Process> processes;
    for (const auto& folder : folders) {
      if (!guard.removes(folder)) ::_exit(1);
    }
    if (!group.empty() && !guard.removes_group(group)) ::_exit(1);
    guard.confines_to(group);
    for (const Command& each : commands) {
      auto process = Process::start(each, guard);
      if (!process) ::_exit(1);
      processes.push_back(std::move(*process));
    }
    for (;;) ::pause();
  }
  void kill_unrig() {
    ::kill(unrig_, SIGKILL);
    ::waitpid(unrig_, nullptr, 0);
    unrig_ = -1;
  }
  ~GuardTest() override {
    if (unrig_ > 0) kill_unrig();
  }

 private:
  pid_t unrig_ = -1;
};

TEST_F(GuardTest, NothingOutlivesAKilledUnrig) {
  const pid_t unrig = fork_unrig({python(fmt::format("{}{}", start_daemon, stubborn)),
                                  python("say('plain')\nwhile True: time.sleep(1000)")});
  const std::array pids = {pid_of("daemon"), pid_of("stubborn"), pid_of("plain")};
  for (const pid_t pid : pids) ASSERT_TRUE(lives(pid));
  const std::vector<Entry> all = descendants(unrig);
  EXPECT_GE(all.size(), 1u + 2u + 3u) << "guard, keepers, programs";

  kill_unrig();
  for (const Entry& each : all) {
    EXPECT_TRUE(eventually([&] { return !lives(each.pid); })) << each.pid;
  }
}

TEST_F(GuardTest, NotEvenWhenTheGuardIsKilledAsWell) {
  const pid_t unrig = fork_unrig({python(fmt::format("{}{}", start_daemon, stubborn))});
  const std::array pids = {pid_of("daemon"), pid_of("stubborn")};
  for (const Entry& each : descendants(unrig)) {
    if (each.parent == unrig) ::kill(each.pid, SIGKILL);
  }
  kill_unrig();
  for (const pid_t pid : pids) EXPECT_TRUE(eventually([&] { return !lives(pid); }));
}

TEST_F(GuardTest, BearsAnotherNameThanUnrig) {
  const pid_t unrig = fork_unrig({python("say('plain')\nwhile True: time.sleep(1000)")});
  const pid_t program = pid_of("plain");
  std::set<std::string> names;
  for (const Entry& each : descendants(unrig)) {
    if (each.pid == program) continue;
    names.insert(each.name);
    // By name, as killall does, or by its arguments, as pkill -f does.
    const std::string arguments = read_file(fmt::format("/proc/{}/cmdline", each.pid)).value();
    EXPECT_EQ(arguments.c_str(), each.name);
    EXPECT_EQ(arguments.find("test", 0), std::string::npos) << arguments.c_str();
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("guard", "keeper"));
}

TEST_F(GuardTest, FoldersGoWithAKilledUnrigAndLinksAreNotFollowed) {
  const auto doomed = folder_ / "doomed";
  const auto other = folder_ / "other";
  std::filesystem::create_directories(doomed / "below");
  std::filesystem::create_directories(other);
  ASSERT_TRUE(write_file(doomed / "below" / "password", "secret"));
  ASSERT_TRUE(write_file(other / "mine", "mine"));
  std::filesystem::create_directory_symlink(other, doomed / "link");
  fork_unrig({python(stubborn)}, {doomed});
  ASSERT_GT(pid_of("stubborn"), 0);
  EXPECT_TRUE(std::filesystem::exists(doomed));
  kill_unrig();
  EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(doomed); }));
  EXPECT_TRUE(std::filesystem::exists(other / "mine"));
}

// A folder plays the control group: the kernel's own has a file of this name, too, which goes with
// it.
TEST_F(GuardTest, ProgramsEnterTheControlGroupThatGoesWithAKilledUnrig) {
  const auto group = folder_ / "group";
  const auto file = group / "cgroup.procs";
  std::filesystem::create_directory(group);
  ASSERT_TRUE(write_file(file, ""));
  fork_unrig({python("say('plain')\nwhile True: time.sleep(1000)")}, {}, group);
  ASSERT_GT(pid_of("plain"), 0);
  EXPECT_EQ(read_file(file).value(), "0") << "the keeper, before it has started the program";
  std::filesystem::remove(file);
  std::filesystem::create_directories(group / "outer/inner");
  EXPECT_TRUE(std::filesystem::exists(group));
  kill_unrig();
  EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(group); }));
}

TEST_F(GuardTest, WhatCannotEnterItsControlGroupDoesNotStart) {
  Guard guard = Guard::start().value();
  guard.confines_to(folder_ / "nowhere");
  const auto refused = Process::start(python("say('plain')"), guard);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("its control group"), std::string::npos)
      << refused.error().what;
  guard.confines_to({});
  EXPECT_TRUE(Process::start(python("say('plain')"), guard));
}

TEST_F(GuardTest, WhatAKilledKeeperLeavesIsEndedWhileUnrigLives) {
  const pid_t unrig = fork_unrig({python(fmt::format("{}{}", start_daemon, stubborn))});
  const std::array pids = {pid_of("daemon"), pid_of("stubborn")};
  for (const Entry& each : descendants(unrig)) {
    if (each.name == "keeper") ::kill(each.pid, SIGKILL);
  }
  for (const pid_t pid : pids) EXPECT_TRUE(eventually([&] { return !lives(pid); }));
  EXPECT_TRUE(lives(unrig));
}

TEST_F(GuardTest, ProgramsCleanUpWhereUnrigGuardAndKeepersAreKilledTogether) {
  const pid_t unrig =
      fork_unrig({python("worker = os.fork()\n"
                         "if worker == 0:\n"
                         "    say('worker')\n"
                         "    time.sleep(1000)\n"
                         "def leave(*_): os.kill(worker, signal.SIGKILL); os._exit(0)\n"
                         "signal.signal(signal.SIGTERM, leave)\n"
                         "say('program')\n"
                         "while True: time.sleep(1000)")});
  const std::array pids = {pid_of("program"), pid_of("worker")};
  std::vector<pid_t> ours;
  for (const Entry& each : descendants(unrig)) {
    if (each.name == "guard" || each.name == "keeper") ours.push_back(each.pid);
  }
  ASSERT_EQ(ours.size(), 2u);
  ::kill(unrig, SIGSTOP);  // so that nothing notices before all are gone
  for (const pid_t pid : ours) ::kill(pid, SIGSTOP);
  for (const pid_t pid : ours) ::kill(pid, SIGKILL);
  kill_unrig();
  for (const pid_t pid : pids) EXPECT_TRUE(eventually([&] { return !lives(pid); }));
}

TEST_F(GuardTest, StraysAreFoundByMarkOrByNameAndFolder) {
  const auto inside = folder_ / "inside";
  std::filesystem::create_directories(inside);
  Guard guard = Guard::start().value();
  auto beside = command({"sleep", "1000"});
  const Process marked = Process::start(beside, guard).value();
  EXPECT_EQ(end_strays(guard.mark() + "0", inside, {"sleep"}), 0);
  EXPECT_EQ(end_strays("", inside, {"sleep"}), 0);
  EXPECT_TRUE(lives(marked.pid()));
  EXPECT_EQ(end_strays(guard.mark(), inside, {}), 1);
  EXPECT_TRUE(eventually([&] { return !lives(marked.pid()); }));
  beside.folder = inside;
  const Process within = Process::start(beside, guard).value();
  EXPECT_EQ(end_strays("another mark", inside, {"nginx"}), 0);
  EXPECT_EQ(end_strays("another mark", folder_, {"sleep"}), 0);
  EXPECT_EQ(end_strays("another mark", inside, {"sleep"}), 1);
  EXPECT_TRUE(eventually([&] { return !lives(within.pid()); }));
}

TEST_F(GuardTest, AStoppedGuardIsWokenAndTold) {
  Guard guard = Guard::start().value();
  const Process first = Process::start(command({"sleep", "1000"}), guard).value();
  for (const Entry& each : descendants(::getpid())) {
    if (each.name == "guard") ::kill(each.pid, SIGSTOP);
  }
  testing::internal::CaptureStderr();
  const auto process = Process::start(command({"sleep", "1000"}), guard);
  EXPECT_TRUE(process) << process.error().what;
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("guard"));
}

TEST_F(GuardTest, AStoppedKeeperIsWokenAndTold) {
  Guard guard = Guard::start().value();
  Process process = Process::start(command({"sleep", "1000"}), guard).value();
  for (const Entry& each : descendants(::getpid())) {
    if (each.name == "keeper") ::kill(each.pid, SIGSTOP);
  }
  testing::internal::CaptureStderr();
  EXPECT_EQ(process.stop(clock_, std::chrono::seconds(60), SIGTERM).signal, SIGTERM);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::HasSubstr("keeper"));
  EXPECT_FALSE(lives(process.pid()));
}

TEST_F(GuardTest, EndsEverythingWhenAskedFromAnotherThread) {
  Guard guard = Guard::start().value();
  Process process = Process::start(python(stubborn), guard).value();
  const pid_t pid = pid_of("stubborn");
  std::jthread([&] { guard.end_all(); }).join();
  EXPECT_FALSE(lives(pid));
  EXPECT_FALSE(Process::start(command({"sleep", "1000"}), guard));
}

TEST_F(GuardTest, WithoutCloseRangeItLetsGoOfUnrigAllTheSame) {
  std::jthread([&] {
    if (!forbid_calls({SYS_close_range})) GTEST_SKIP() << "no filter may be set";
    {
      Guard guard = Guard::start().value();
      Process process = Process::start(python(stubborn), guard).value();
      ASSERT_EQ(pid_of("stubborn"), process.pid());
    }
    EXPECT_TRUE(eventually([&] { return !lives(pid_of("stubborn")); }));
  });
}

TEST_F(GuardTest, ProgramsGetTheirFarewellBeforeTheyAreKilled) {
  Command polite = python(
      "def end(*_):\n    say('farewell'); sys.exit(0)\n"
      "signal.signal(signal.SIGINT, end)\n"
      "say('ready')\n"
      "while True: time.sleep(1000)");
  polite.farewell = SIGINT;
  // A machine that leaves the program without CPU time all the while it has for its farewell shows
  // nothing: hence more than one try.
  for (int i = 0; i < 10 && !said("farewell"); ++i) {
    std::filesystem::remove(folder_ / "ready");
    fork_unrig({polite});
    ASSERT_GT(pid_of("ready"), 0);
    kill_unrig();
    EXPECT_TRUE(eventually([&] { return !lives(pid_of("ready")); }));
  }
  EXPECT_TRUE(said("farewell"));
}

TEST_F(GuardTest, SignalsOfATerminalDoNotReachIt) {
  const pid_t unrig = fork_unrig({python("say('plain')\nwhile True: time.sleep(1000)")});
  const pid_t program = pid_of("plain");
  const auto all = descendants(unrig);
  for (const Entry& each : all) {
    EXPECT_NE(::getsid(each.pid), ::getsid(unrig));
    if (each.pid == program) continue;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::kill(each.pid, signal);
  }
  clock_.sleep_for(std::chrono::milliseconds(50));
  for (const Entry& each : all) EXPECT_TRUE(lives(each.pid));
}

TEST_F(GuardTest, WhoReadsFromUnrigSeesItsEnd) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const pid_t unrig = fork_unrig({python(stubborn)});
  writer.reset();
  ASSERT_GT(pid_of("stubborn"), 0);
  const auto target = [](pid_t pid, const std::string& descriptor) {
    std::error_code closed_meanwhile;
    return std::filesystem::read_symlink(fmt::format("/proc/{}/fd/{}", pid, descriptor),
                                         closed_meanwhile);
  };
  std::set<std::filesystem::path> ours;
  for (const int descriptor : {0, 1, 2, reader.get()}) {
    ours.insert(target(::getpid(), std::to_string(descriptor)));
  }
  for (const char* nobodys : {"/dev/null", ""}) ours.erase(nobodys);
  EXPECT_TRUE(ours.contains(target(unrig, std::to_string(ends[1]))));
  for (const Entry& each : descendants(unrig)) {
    for (const auto& file :
         std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", each.pid))) {
      EXPECT_FALSE(ours.contains(target(each.pid, file.path().filename())))
          << each.pid << " holds " << target(each.pid, file.path().filename());
    }
  }
  kill_unrig();
  char byte = 0;
  EXPECT_EQ(::read(reader.get(), &byte, 1), 0);
  EXPECT_TRUE(eventually([&] { return !lives(pid_of("stubborn")); }));
}

TEST_F(GuardTest, AProgramDiesWithItsKeeperAndItsOrphansWithTheGuard) {
  pid_t daemon = -1;
  {
    Guard guard = Guard::start().value();
    Process process =
        Process::start(python(fmt::format("{}{}", start_daemon, stubborn)), guard).value();
    daemon = pid_of("daemon");
    ASSERT_EQ(pid_of("stubborn"), process.pid());
    pid_t keeper = -1;
    for (const Entry& each : descendants(::getpid())) {
      if (each.pid == process.pid()) keeper = each.parent;
    }
    ASSERT_GT(keeper, 1);
    ::kill(keeper, SIGKILL);
    EXPECT_TRUE(eventually([&] { return !lives(process.pid()); }));
    EXPECT_EQ(process.wait(clock_, std::chrono::seconds(60)).value().signal, SIGKILL);
  }
  EXPECT_FALSE(lives(daemon));
}

TEST_F(GuardTest, WithoutGuardProcessNothingStarts) {
  Guard guard = Guard::start().value();
  for (const Entry& each : descendants(::getpid())) ::kill(each.pid, SIGKILL);
  ASSERT_TRUE(eventually([&] {
    const auto process = Process::start(command({"sleep", "1000"}), guard);
    return !process && process.error().what.find("guard process") != std::string::npos;
  }));
}

TEST_F(GuardTest, EveryRunHasItsOwnMark) {
  const Guard one = Guard::start().value();
  const Guard other = Guard::start().value();
  EXPECT_TRUE(one.mark().starts_with("UNRIG_GUARD="));
  EXPECT_NE(one.mark(), other.mark());
}

}  // namespace
}  // namespace unrig::process
