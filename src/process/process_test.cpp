#include "process/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "process/testing.h"

namespace unrig::process {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr auto plenty = seconds(60);

/// Tests of one process, with a guard.
class OneProcess : public ProcessTest {
 protected:
  Process start(const Command& what) {
    auto process = Process::start(what, guard_);
    EXPECT_TRUE(process) << process.error().what;
    return std::move(*process);
  }
  std::string output(const Command& what) {
    const auto result = run(what, guard_, clock_, plenty);
    EXPECT_TRUE(result) << result.error().what;
    EXPECT_TRUE(result->exit.ok()) << result->exit.text() << result->text;
    return result->text;
  }
  Error error_of(const Command& what) {
    const auto process = Process::start(what, guard_);
    EXPECT_FALSE(process);
    return process ? Error{} : process.error();
  }

  Guard guard_ = Guard::start().value();
};

TEST_F(OneProcess, InheritsNothingButThreeDescriptors) {
  const UniqueFd left_open(::dup(2));
  guard_ = Guard::start().value();
  const UniqueFd opened_later(::dup(2));
  // ls opens the folder that it lists as the fourth.
  EXPECT_EQ(output(command({"ls", "/proc/self/fd"})), "0\n1\n2\n3\n");
}

TEST_F(OneProcess, HasTheGivenEnvironmentAndTheMark) {
  Command env = command({"env"});
  env.environment = {"A=1", "B=two words"};
  EXPECT_EQ(output(env), "A=1\nB=two words\n" + guard_.mark() + "\n");
}

TEST_F(OneProcess, ReadsNothing) {
  EXPECT_EQ(output(command({"cat"})), "");
}

TEST_F(OneProcess, WorksInItsFolder) {
  EXPECT_EQ(output(command({"pwd"})), fs::canonical(folder_).string() + "\n");
}

TEST_F(OneProcess, HasDefaultSignals) {
  EXPECT_THAT(
      output(command({"grep", "Sig\\(Blk\\|Ign\\)", "/proc/self/status"})),
      AllOf(HasSubstr("SigBlk:\t0000000000000000"), HasSubstr("SigIgn:\t0000000000000000")));
}

TEST_F(OneProcess, LeadsAGroupFarFromOurTerminal) {
  const Process sleeper = start(command({"sleep", "1000"}));
  EXPECT_EQ(::getpgid(sleeper.pid()), sleeper.pid());
  EXPECT_NE(::getsid(sleeper.pid()), ::getsid(0));
}

TEST_F(OneProcess, UsesTheGivenCores) {
  cpu_set_t allowed;
  ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
  int last = -1;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) last = cpu;
  }
  Command grep = command({"grep", "Cpus_allowed_list", "/proc/self/status"});
  grep.cpus = {last};
  EXPECT_EQ(output(grep), fmt::format("Cpus_allowed_list:\t{}\n", last));
  grep.cpus = {CPU_SETSIZE + 7};
  EXPECT_THAT(error_of(grep).what, HasSubstr("cores 1031"));
}

TEST_F(OneProcess, RunsAsAnotherUserOnlyAsRoot) {
  Command id = command({"id"});
  id.folder = "/";
  id.user = find_user("nobody").value();
  if (::geteuid() != 0) {
    EXPECT_THAT(error_of(id).what, HasSubstr("changing to user"));
    return;
  }
  // Groups that unrig is in are not the user's.
  const gid_t ours = 4242;
  ASSERT_EQ(::setgroups(1, &ours), 0);
  guard_ = Guard::start().value();
  ASSERT_EQ(::setgroups(0, nullptr), 0);
  EXPECT_EQ(output(id), fmt::format("uid={0}(nobody) gid={1}(nogroup) groups={1}(nogroup)\n",
                                    id.user->uid, id.user->gid));
  struct stat info {};
  ASSERT_EQ(::stat(id.log.c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, id.user->uid);
}

TEST_F(OneProcess, AppendsBothOutputsToAPrivateLog) {
  std::ofstream(folder_ / "log") << "before\n";
  fs::permissions(folder_ / "log", fs::perms(0644));
  Process process = start(python("print('out', flush=True); print('err', file=sys.stderr)"));
  EXPECT_TRUE(process.wait(clock_, plenty));
  EXPECT_EQ(log(), "before\nout\nerr\n");
  EXPECT_EQ(fs::status(folder_ / "log").permissions(), fs::perms(0600));
}

TEST_F(OneProcess, NotFoundIsAnErrorThatNamesIt) {
  const Error error = error_of(command({"no-such-program"}));
  EXPECT_EQ(error.kind, ErrorKind::environment);
  EXPECT_THAT(error.what, HasSubstr("no-such-program not found"));
  EXPECT_THAT(error_of(command({"/no/such"})).what, HasSubstr("/no/such not found"));
}

TEST_F(OneProcess, WhatCannotBeExecutedIsAnErrorNotAShellScript) {
  const fs::path script = folder_ / "script";
  std::ofstream(script) << "touch ran\n";
  EXPECT_THAT(error_of(command({script})).what, HasSubstr("Permission denied"));
  fs::permissions(script, fs::perms(0755));
  EXPECT_THAT(error_of(command({script})).what, HasSubstr("Exec format error"));
  std::ofstream(script) << "#!/no/such/interpreter\n";
  EXPECT_THAT(error_of(command({script})).what, HasSubstr("first line"));
  EXPECT_FALSE(said("ran"));
}

TEST_F(OneProcess, AMissingFolderOrLogIsAnError) {
  Command sleep = command({"sleep", "1000"});
  sleep.folder = folder_ / "none";
  EXPECT_THAT(error_of(sleep).what, HasSubstr("none: No such file"));
  sleep.folder = folder_;
  sleep.log = folder_ / "none" / "log";
  EXPECT_THAT(error_of(sleep).what, HasSubstr("cannot write the log"));
}

TEST_F(OneProcess, ACommandThatCannotBePassedIsAnError) {
  EXPECT_EQ(error_of(command({})).kind, ErrorKind::internal);
  EXPECT_EQ(error_of(command({"echo", std::string("a\0b", 3)})).kind, ErrorKind::internal);
  EXPECT_THAT(error_of(command({"echo", std::string(1 << 20, 'x')})).what, HasSubstr("too long"));
}

TEST_F(OneProcess, TellsHowItEnded) {
  Process process = start(python("sys.exit(3)"));
  EXPECT_EQ(process.wait(clock_, plenty).value().text(), "exit status 3");
  process = start(python("os.kill(os.getpid(), signal.SIGSEGV)"));
  EXPECT_EQ(process.wait(clock_, plenty).value().text(), "killed by SIGSEGV");
  EXPECT_EQ(process.stop(clock_, plenty).text(), "killed by SIGSEGV") << "asked again";
  EXPECT_TRUE((Exit{0, 0}).ok());
  EXPECT_FALSE((Exit{1, 0}).ok());
  EXPECT_FALSE((Exit{0, 9}).ok());
}

TEST_F(OneProcess, DoesNotWaitForWhatRuns) {
  Process process = start(command({"sleep", "1000"}));
  EXPECT_FALSE(process.poll());
  EXPECT_FALSE(process.wait(clock_, std::chrono::milliseconds(20)));
  EXPECT_TRUE(lives(process.pid()));
}

TEST_F(OneProcess, StopsByTheSignalIfThatIsEnough) {
  Process process = start(command({"sleep", "1000"}));
  EXPECT_EQ(process.stop(clock_, plenty).text(), "killed by SIGTERM");
  EXPECT_FALSE(lives(process.pid()));
  process =
      start(python("signal.signal(signal.SIGINT, lambda *_: sys.exit(5))\n"
                   "say('ready')\n"
                   "while True: time.sleep(1000)"));
  ASSERT_GT(pid_of("ready"), 0);
  EXPECT_EQ(process.stop(clock_, plenty, SIGINT).text(), "exit status 5");
}

TEST_F(OneProcess, StopsByKillWhatIgnoresTheSignal) {
  Process process = start(python(stubborn));
  ASSERT_EQ(pid_of("stubborn"), process.pid());
  EXPECT_EQ(process.stop(clock_, std::chrono::milliseconds(50)).text(), "killed by SIGKILL");
  EXPECT_FALSE(lives(process.pid()));
}

constexpr std::string_view say_when_ended =
    "def end(*_):\n    say('ended'); sys.exit(0)\n"
    "signal.signal(signal.SIGTERM, end)\n"
    "say('ready')\n"
    "while True: time.sleep(1000)\n";

// PostgreSQL's backends have sessions of their own.
TEST_F(OneProcess, TellsItsChildren) {
  for (const char* session : {"pass", "os.setsid()"}) {
    Process process =
        start(python(fmt::format("if os.fork() == 0:\n"
                                 "    {}\n"
                                 "else:\n"
                                 "    while True: time.sleep(1000)\n{}",
                                 session, say_when_ended)));
    const pid_t child = pid_of("ready");
    EXPECT_NE(child, process.pid());
    EXPECT_EQ(process.stop(clock_, plenty).text(), "killed by SIGTERM");
    EXPECT_FALSE(lives(child));
    EXPECT_TRUE(said("ended")) << session;
    fs::remove(folder_ / "ready");
    fs::remove(folder_ / "ended");
  }
}

TEST_F(OneProcess, TellsThoseWhoseStarterHasEnded) {
  for (const char* session : {"", "os.setsid()"}) {
    Process process = start(
        python(fmt::format("if os.fork() != 0: sys.exit(0)\n{}\n{}", session, say_when_ended)));
    const pid_t child = pid_of("ready");
    EXPECT_TRUE(process.wait(clock_, plenty).value().ok());
    EXPECT_TRUE(lives(child));
    EXPECT_TRUE(process.stop(clock_, plenty).ok());
    EXPECT_FALSE(lives(child));
    EXPECT_TRUE(said("ended")) << session;
    fs::remove(folder_ / "ready");
    fs::remove(folder_ / "ended");
  }
}

// Each level learns of it only when the one above is gone.
TEST_F(OneProcess, KillsADeepTreeOfSessions) {
  Process process =
      start(python("for i in range(10):\n"
                   "    if os.fork() != 0: break\n"
                   "    os.setsid()\n"
                   "else: say('deepest')\n"
                   "while True: time.sleep(1000)"));
  const pid_t deepest = pid_of("deepest");
  EXPECT_TRUE(lives(deepest));
  process.stop(clock_, Duration(0), SIGKILL);
  EXPECT_FALSE(lives(deepest));
}

TEST_F(OneProcess, KillsWhatIsLeftWhenItIsDropped) {
  pid_t daemon = -1;
  {
    const Process process = start(python(fmt::format("{}{}", start_daemon, stubborn)));
    daemon = pid_of("daemon");
    ASSERT_GT(pid_of("stubborn"), 0);
    EXPECT_TRUE(lives(daemon));
  }
  EXPECT_FALSE(lives(daemon));
  EXPECT_FALSE(lives(pid_of("stubborn")));
}

TEST_F(OneProcess, IsStoppedWhenAnotherTakesItsPlace) {
  Process process = start(command({"sleep", "1000"}));
  const pid_t first = process.pid();
  process = start(command({"sleep", "1000"}));
  EXPECT_FALSE(lives(first));
  EXPECT_TRUE(lives(process.pid()));
  const Process moved = std::move(process);
  EXPECT_TRUE(lives(moved.pid()));
}

TEST_F(OneProcess, DoesNotDisturbTheOthers) {
  Process one = start(command({"sleep", "1000"}));
  Process other = start(command({"sleep", "1000"}));
  one.stop(clock_, plenty);
  EXPECT_FALSE(other.poll());
  EXPECT_TRUE(lives(other.pid()));
}

/// A clock that nobody can read before a program has said something and ended.
class WaitingClock final : public Clock {
 public:
  explicit WaitingClock(std::function<bool()> ended) : ended_(std::move(ended)) {}
  [[nodiscard]] Instant now() const override {
    EXPECT_TRUE(eventually(ended_));
    return clock_.now();
  }
  [[nodiscard]] WallTime wall() const override { return clock_.wall(); }
  void sleep_until(Instant when) const override { clock_.sleep_until(when); }

 private:
  SystemClock clock_;
  std::function<bool()> ended_;
};

TEST_F(OneProcess, RunTakesWhatWasLeftInThePipe) {
  const WaitingClock clock([&] { return said("ready") && !lives(pid_of("ready")); });
  const auto result = run(python("print('text', flush=True); say('ready')"), guard_, clock, plenty);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->text, "text\n");
}

TEST_F(OneProcess, RunKeepsTheLastMebibyteAndLogsAll) {
  Command talker = python("for i in range(300000): print(f'{i:09d}')");
  const auto result = run(talker, guard_, clock_, plenty);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->text.size(), std::size_t{1} << 20);
  EXPECT_TRUE(result->text.ends_with("000299999\n"));
  EXPECT_EQ(fs::file_size(talker.log), 3'000'000u);
}

/// A clock on which a day passes as soon as a file exists.
class JumpingClock final : public Clock {
 public:
  explicit JumpingClock(fs::path file) : file_(std::move(file)) {}
  [[nodiscard]] Instant now() const override {
    return clock_.now() + (fs::exists(file_) ? std::chrono::hours(24) : std::chrono::hours(0));
  }
  [[nodiscard]] WallTime wall() const override { return clock_.wall(); }
  void sleep_until(Instant when) const override { clock_.sleep_until(when); }

 private:
  SystemClock clock_;
  fs::path file_;
};

TEST_F(OneProcess, RunKillsWhatIsNotDoneInTime) {
  const auto result = run(python(fmt::format("print('so far', flush=True)\n{}", stubborn)), guard_,
                          JumpingClock(folder_ / "stubborn"), std::chrono::hours(1));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::environment);
  EXPECT_THAT(result.error().what, AllOf(HasSubstr("not done within"), HasSubstr("so far")));
  EXPECT_FALSE(lives(pid_of("stubborn")));
}

TEST_F(OneProcess, RunWaitsNeitherForItsPipeNorForDaemons) {
  // The child keeps the pipe open, the parent closes it and goes on for a while.
  const auto result = run(python("print('text', flush=True)\n"
                                 "if os.fork() == 0: say('child'); time.sleep(1000)\n"
                                 "os.close(1); os.close(2)\n"
                                 "while not os.path.exists('child'): time.sleep(0.01)\n"
                                 "os._exit(4)"),
                          guard_, clock_, plenty);
  ASSERT_TRUE(result);
  EXPECT_FALSE(lives(pid_of("child")));
  EXPECT_EQ(result->exit.code, 4);
  EXPECT_EQ(result->text, "text\n");
  const auto quiet =
      run(python("os.close(1); os.close(2); time.sleep(0.1); os._exit(4)"), guard_, clock_, plenty);
  ASSERT_TRUE(quiet);
  EXPECT_EQ(quiet->exit.code, 4);
}

/// Tests that set PATH.
class FindProgram : public ProcessTest {
 protected:
  ~FindProgram() override { ::setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_ = std::getenv("PATH");
};

TEST_F(FindProgram, LooksInPathAndTheFoldersOfAdministrators) {
  EXPECT_TRUE(find_program("sleep"));
  ::setenv("PATH", "/none", 1);
  EXPECT_FALSE(find_program("sleep"));
  EXPECT_TRUE(find_program("ldconfig")) << "lies in /sbin";
}

TEST_F(FindProgram, TakesOnlyWhatCanBeExecuted) {
  EXPECT_FALSE(find_program("no-such-program"));
  EXPECT_FALSE(find_program(""));
  EXPECT_FALSE(find_program("/etc"));
  EXPECT_FALSE(find_program("/etc/passwd"));
  EXPECT_EQ(find_program("/bin/sleep"), fs::path("/bin/sleep"));
}

TEST_F(FindProgram, TrustsNoRelativeFolder) {
  std::ofstream(folder_ / "tool") << "#!/bin/true\n";
  fs::permissions(folder_ / "tool", fs::perms(0755));
  ::setenv("PATH", fs::relative(folder_).c_str(), 1);
  EXPECT_FALSE(find_program("tool"));
  ::setenv("PATH", folder_.c_str(), 1);
  EXPECT_EQ(find_program("tool"), folder_ / "tool");
}

TEST(FindUser, UnknownIsAnErrorThatNamesIt) {
  EXPECT_EQ(find_user("root").value().uid, 0u);
  const auto user = find_user("no\x1bsuch");
  ASSERT_FALSE(user);
  EXPECT_EQ(user.error().what, "there is no system user no\\x1bsuch");
}

}  // namespace
}  // namespace unrig::process
