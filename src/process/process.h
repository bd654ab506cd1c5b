/// \file
/// Child processes as owned objects: started from an argv (never a shell) in an own process group,
/// with standard input from /dev/null and output in an own log file; stopped with TERM, a deadline
/// and KILL of everything they started; reaped.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"

namespace unrig::process {

/// A system user to run as. Only root can change to one.
struct User {
  uid_t uid = 0;
  gid_t gid = 0;
};
/// Looks a user up by name. Error: environment.
[[nodiscard]] Result<User> find_user(const std::string& name);

struct Command {
  std::vector<std::string> argv;         ///< argv[0] is a path, or a name to look up in PATH
  std::vector<std::string> environment;  ///< "NAME=VALUE", all of it: nothing is inherited
  std::filesystem::path folder;          ///< working directory
  std::filesystem::path log;             ///< standard output and error, appended; mode 0600
  std::optional<User> user;              ///< run as; not set: as unrig
  std::vector<int> cpus;                 ///< cores it may use; empty: all
};

struct Exit {
  int code = 0;    ///< exit status, or -1 when ended by a signal
  int signal = 0;  ///< the signal, or 0
  [[nodiscard]] bool ok() const { return code == 0 && signal == 0; }
  [[nodiscard]] std::string text() const;  ///< "exit status 3", "killed by SIGSEGV"
};

/// Makes sure that no child outlives unrig, whatever ends it, kill -9 included. A small process of
/// its own watches unrig and, when unrig is gone, ends every group it was told of, their
/// descendants, and everything that carries this run's mark in its environment.
///
/// Create exactly one, early, before any thread is started, and keep it as long as any Process.
class Guard {
 public:
  /// Error: environment, when no process can be made.
  [[nodiscard]] static Result<Guard> start();
  Guard(Guard&&) noexcept;
  Guard& operator=(Guard&&) noexcept;
  ~Guard();  ///< tells the watcher that all is well, and reaps it

  /// "UNRIG_GUARD=…": put into every child's environment by Process::start.
  [[nodiscard]] const std::string& mark() const { return mark_; }
  void watch(pid_t group);
  void forget(pid_t group);

 private:
  Guard() = default;
  UniqueFd channel_;
  pid_t watcher_ = -1;
  std::string mark_;
};

/// One running child. Move-only. Not thread-safe; start and stop from one thread.
class Process {
 public:
  /// Error: environment: program not found, not executable, log or folder not writable, no rights.
  /// The error is that of exec itself; a child that did not become the program does not exist.
  /// `guard` must outlive the process.
  [[nodiscard]] static Result<Process> start(const Command& command, Guard& guard);
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;  ///< stops what it held before
  ~Process();                              ///< stops with KILL what still runs, and reaps it

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::filesystem::path& log() const { return log_; }
  /// The exit, if it has ended; never waits.
  [[nodiscard]] std::optional<Exit> poll();
  /// Waits up to `limit` for it to end by itself.
  [[nodiscard]] std::optional<Exit> wait(const Clock& clock, Duration limit);
  /// Sends `signal` to the whole group, waits up to `grace` until the group and all descendants
  /// are gone, then KILL. Returns how the leader ended.
  Exit stop(const Clock& clock, Duration grace, int signal = 15);

 private:
  Process() = default;
  pid_t pid_ = -1;  ///< -1 when there is nothing to stop
  UniqueFd pidfd_;
  std::optional<Exit> exit_;
  std::filesystem::path log_;
  Guard* guard_ = nullptr;
};

/// Output of a short-lived command.
struct Output {
  Exit exit;
  std::string text;  ///< standard output and error together, at most 1 MiB of its end
};

/// Runs a command to its end. Its output goes to `command.log` as well if that is set.
/// Error: environment, when it cannot start or is not done within `limit` (it is killed then).
[[nodiscard]] Result<Output> run(const Command& command, Guard& guard, const Clock& clock,
                                 Duration limit);

/// The file that PATH has for `name`, also looking in /usr/sbin, /usr/local/sbin and /sbin.
[[nodiscard]] std::optional<std::filesystem::path> find_program(const std::string& name);

}  // namespace unrig::process
