/// \file
/// Child processes as owned objects: started from an argv (never a shell) in an own process group,
/// with standard input from /dev/null and output in an own log file; stopped with TERM, a deadline
/// and KILL of everything they started; reaped.
///
/// unrig does not fork the programs itself. The Guard, a small process made before unrig has
/// threads, open files and a large memory, forks one keeper per program, and the keeper forks the
/// program:
///
///     unrig -- guard -- keeper -- nginx -- workers
///                    \- keeper -- postgres -- backends
///
/// Keepers are subreapers: whatever a program starts stays below its keeper, also when it made a
/// session of its own, overwrote its environment or lost its parent. So a keeper always knows what
/// is left to end, and it learns from a closed socket that unrig is gone.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "process/fence.h"
#include "process/guard.h"

namespace unrig::process {

/// A system user to run as. Only root can change to one.
struct User {
  uid_t uid = 0;
  gid_t gid = 0;
};
/// Looks a user up by name. Error: environment.
[[nodiscard]] Result<User> find_user(const std::string& name);

struct Command {
  /// argv[0] is a path (a relative one counts from unrig's own working directory) or a name to look
  /// up with find_program.
  std::vector<std::string> argv = {};
  std::vector<std::string> environment = {};  ///< "NAME=VALUE", all of it: nothing is inherited
  std::filesystem::path folder = {};          ///< working directory; empty: "/"
  /// Standard output and error, appended; mode 0600. Empty: discarded.
  std::filesystem::path log = {};
  std::optional<User> user = {};  ///< run as, its keeper too; not set: as unrig
  /// Folder of the control group in which it runs, its keeper too; empty: that of the guard.
  std::filesystem::path group = {};
  std::vector<int> cpus = {};  ///< cores it may use; empty: those unrig had when the guard started
  /// What it gets when unrig died, 1.5 s before KILL, or when its keeper was killed. PostgreSQL
  /// wants SIGINT: on SIGTERM it waits for its clients.
  int farewell = SIGTERM;
  /// Around the program, not its keeper, as far as this kernel makes one; not set: there is none.
  std::optional<Fence> fence = {};
};

struct Report;

struct Exit {
  int code = 0;    ///< exit status, or -1 when ended by a signal
  int signal = 0;  ///< the signal, or 0
  [[nodiscard]] bool ok() const { return code == 0 && signal == 0; }
  [[nodiscard]] std::string text() const;  ///< "exit status 3", "killed by SIGSEGV"
};

/// Output of a short-lived command.
struct Output {
  Exit exit;
  std::string text;  ///< standard output and error together, at most 1 MiB of its end
};

/// One running child. Move-only. Not thread-safe, but each may be used by another thread.
class Process {
 public:
  /// Error: environment: program not found, not executable, log or folder not writable, no rights.
  /// The error is that of exec itself; a child that did not become the program does not exist.
  /// `guard` must outlive the process.
  [[nodiscard]] static Result<Process> start(const Command& command, Guard& guard);
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;  ///< stops what it held before
  ~Process();                              ///< stops with KILL what still runs, and reaps it

  /// The program's process and group. Stays the same when it has ended.
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::filesystem::path& log() const { return log_; }
  /// The exit, if it has ended; never waits.
  [[nodiscard]] std::optional<Exit> poll();
  /// Waits up to `limit` for it to end by itself. What it started may still run.
  [[nodiscard]] std::optional<Exit> wait(const Clock& clock, Duration limit);
  /// Sends `signal` to the whole group and to descendants that lost their parent, waits up to
  /// `grace` until all descendants are gone, wherever they went, then KILL. Returns how the
  /// program ended. At once when all had ended before.
  Exit stop(const Clock& clock, Duration grace, int signal = SIGTERM);

 private:
  friend Result<Output> run(const Command&, Guard&, const Clock&, Duration);
  Process() = default;
  /// The keeper's first word; empty when the guard is gone or does not answer.
  [[nodiscard]] std::optional<Report> first_report(const Guard& guard) const;
  static Result<UniqueFd> open_log(const Command& command);
  /// As start(), with the output into `output` instead of the log.
  static Result<Process> launch(const Command& command, Guard& guard, int output);
  /// Takes one report of the keeper, waiting up to `limit_ms` for it.
  /// False: none came.
  bool take_report(int limit_ms);
  void send(int signal);
  void kill();

  pid_t pid_ = -1;
  pid_t keeper_pid_ = -1;
  UniqueFd keeper_;  ///< socket to the keeper; empty when all is gone and reaped
  std::optional<Exit> exit_;
  std::filesystem::path log_;
};

/// Runs a command to its end, and ends what it left running. Its output goes to `command.log` as
/// well if that is set.
/// Error: environment, when it cannot start or is not done within `limit` (it is killed then).
[[nodiscard]] Result<Output> run(const Command& command, Guard& guard, const Clock& clock,
                                 Duration limit);

/// The file that PATH has for `name`, also looking in /usr/local/sbin, /usr/sbin and /sbin. A name
/// with a slash is a path: the file itself, if it can be executed.
[[nodiscard]] std::optional<std::filesystem::path> find_program(const std::string& name);

}  // namespace unrig::process
