#include "cli/interrupt.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "base/file.h"

namespace unrig::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr int stopped = 7;

/// A program of its own for each test, since what is tested ends it.
class InterruptTest : public ::testing::Test {
 protected:
  InterruptTest() {
    std::string name = (fs::temp_directory_path() / "unrig-interrupt-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~InterruptTest() override { fs::remove_all(folder_); }

  using Say = std::function<void(char)>;
  /// `program` gets a function that tells this test one character.
  void begin(const std::function<int(const Say&)>& program) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    reader_ = UniqueFd(ends[0]);
    const UniqueFd writer(ends[1]);
    program_ = ::fork();
    if (program_ != 0) return;
    const int file = ::open((folder_ / "err").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(file, STDERR_FILENO);
    ::_exit(program([&](char word) { static_cast<void>(!::write(writer.get(), &word, 1)); }));
  }
  /// Waits for the next character.
  char heard() const {
    char word = 0;
    return ::read(reader_.get(), &word, 1) == 1 ? word : '-';
  }
  void interrupt() const { ::kill(program_, SIGINT); }
  int exit_status() const {
    int status = 0;
    ::waitpid(program_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string told() const { return read_file(folder_ / "err").value_or(""); }

  fs::path folder_;
  UniqueFd reader_;
  pid_t program_ = -1;
  SystemClock clock_;
};

TEST_F(InterruptTest, BeforeTheFirstTrialItSaysSoAndEndsWhatWasStarted) {
  begin([this](const Say& say) {
    auto guard = process::Guard::start().value();
    const auto kept = guard.removes(folder_ / "doomed");
    fs::create_directory(folder_ / "doomed");
    const Interrupt made(Interrupt::First::finishes_trial, &guard);
    say(kept ? 'r' : '-');
    clock_.sleep_for(60s);
    return 0;
  });
  ASSERT_EQ(heard(), 'r');
  interrupt();
  EXPECT_EQ(exit_status(), exit_code(ErrorKind::interrupted));
  EXPECT_THAT(told(), testing::HasSubstr("before the first trial"));
  EXPECT_FALSE(fs::exists(folder_ / "doomed")) << "gone when the program is, not some time later";
}

TEST_F(InterruptTest, UnderNohupAHangupIsNone) {
  begin([this](const Say& say) {
    ::signal(SIGHUP, SIG_IGN);
    Interrupt made;
    made.measuring();
    ::kill(::getpid(), SIGHUP);
    clock_.sleep_for(300ms);  // several of its turns
    say(made.stop().now.stop_requested() ? 's' : 'g');
    return 0;
  });
  EXPECT_EQ(heard(), 'g');
  EXPECT_EQ(exit_status(), 0);
}

TEST_F(InterruptTest, TheFirstFinishesTheTrialAndTheSecondStops) {
  begin([this](const Say& say) {
    Interrupt made;
    made.measuring();
    say('r');
    while (!made.stop().finish) clock_.sleep_for(1ms);
    const bool early = made.stop().now.stop_requested();
    say(early ? 'e' : 'f');
    while (!made.stop().now.stop_requested()) clock_.sleep_for(1ms);
    return stopped;
  });
  ASSERT_EQ(heard(), 'r');
  interrupt();
  EXPECT_EQ(heard(), 'f');
  interrupt();
  EXPECT_EQ(exit_status(), stopped);
}

TEST_F(InterruptTest, ThatItWasStoppedIsTold) {
  begin([this](const Say& say) {
    const Interrupt made;
    say(made.times_resumed() == 0 ? 'r' : '-');
    while (made.times_resumed() == 0) clock_.sleep_for(1ms);
    return stopped;
  });
  ASSERT_EQ(heard(), 'r');
  ::kill(program_, SIGSTOP);
  ::kill(program_, SIGCONT);
  EXPECT_EQ(exit_status(), stopped) << "and it is no reason to end";
}

TEST_F(InterruptTest, WhatHangsAfterTheSecondIsEndedSoThatATableComes) {
  begin([this](const Say& say) {
    auto guard = process::Guard::start().value();
    process::Command hangs;
    hangs.argv = {"sleep", "1000"};
    auto process = process::Process::start(hangs, guard).value();
    Interrupt made(Interrupt::First::stops, &guard);
    made.measuring();
    say('r');
    return process.wait(clock_, 600s) ? stopped : 0;
  });
  ASSERT_EQ(heard(), 'r');
  interrupt();
  EXPECT_EQ(exit_status(), stopped);
}

TEST_F(InterruptTest, TheThirdEndsWithoutATable) {
  begin([this](const Say& say) {
    Interrupt made(Interrupt::First::stops);
    made.measuring();
    say('r');
    while (!made.stop().now.stop_requested()) clock_.sleep_for(1ms);
    say('s');
    clock_.sleep_for(600s);
    return stopped;
  });
  ASSERT_EQ(heard(), 'r');
  interrupt();
  ASSERT_EQ(heard(), 's');
  interrupt();
  EXPECT_EQ(exit_status(), exit_code(ErrorKind::interrupted));
  EXPECT_THAT(told(), testing::HasSubstr("without a table"));
}

}  // namespace
}  // namespace unrig::cli
