/// \file
/// What the tests of this module share: small programs, and waiting for them.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file.h"
#include "process/process.h"

namespace unrig::process {

/// True when `condition` held within a minute: that is for a hanging test, not for a slow machine.
template <class Condition>
bool eventually(Condition condition) {
  const SystemClock clock;
  for (int i = 0; i < 6000; ++i) {
    if (condition()) return true;
    clock.sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

inline bool lives(pid_t pid) {
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
  return stat && stat->find(") Z ") == std::string::npos;
}

/// A folder of its own for each test, and programs in Python. Those call say(NAME), which writes
/// their pid to a file.
class ProcessTest : public ::testing::Test {
 protected:
  ProcessTest() {
    std::string name = (std::filesystem::temp_directory_path() / "unrig-process-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~ProcessTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] Command command(std::vector<std::string> argv) const {
    Command result;
    result.argv = std::move(argv);
    result.folder = folder_;
    result.log = folder_ / "log";
    return result;
  }
  [[nodiscard]] Command python(std::string_view program) const {
    constexpr std::string_view prelude =
        "import os, signal, sys, time\n"
        "def say(name):\n"
        "    open(name + '.new', 'w').write(str(os.getpid()))\n"
        "    os.rename(name + '.new', name)\n";
    return command({"python3", "-c", fmt::format("{}{}", prelude, program)});
  }
  [[nodiscard]] bool said(const std::string& name) const {
    return std::filesystem::exists(folder_ / name);
  }
  /// Waits for say(name) and returns the pid, -1 if it did not come.
  [[nodiscard]] pid_t pid_of(const std::string& name) const {
    if (!eventually([&] { return said(name); })) return -1;
    return std::stoi(read_file(folder_ / name).value());
  }
  [[nodiscard]] std::string log() const { return read_file(folder_ / "log").value_or(""); }

  std::filesystem::path folder_;
  SystemClock clock_;
};

/// Lives until it is killed, whatever else it gets.
inline constexpr std::string_view stubborn =
    "for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(s, signal.SIG_IGN)\n"
    "say('stubborn')\n"
    "while True: time.sleep(1000)\n";

/// Starts a daemon by the book, in a session of its own and with an empty environment.
inline constexpr std::string_view start_daemon =
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0:\n"
    "        os.close(1); os.close(2)\n"
    "        say('daemon')\n"
    "        os.execve('/bin/sleep', ['sleep', '1000'], {})\n"
    "    os._exit(0)\n"
    "os.wait()\n";

}  // namespace unrig::process
