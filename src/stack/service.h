/// \file
/// What PostgreSQL, pgbouncer and nginx have in common: a program that serves until it is stopped.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "process/process.h"
#include "stack/folders.h"

namespace unrig::stack {

/// What every part of the chain needs to start and stop. The references outlive the parts.
struct Context {
  const Folders& folders;
  process::Guard& guard;
  const Clock& clock;
};

/// For programs that answer at once: only one that hangs takes so long, however busy the machine.
inline constexpr Duration quick_answer_limit = std::chrono::minutes(1);

/// The program's path. Error: environment, with the Debian package that has it.
[[nodiscard]] Result<std::filesystem::path> require_program(const std::string& name,
                                                            std::string_view package);

/// The variables that every child gets: nothing of the caller's environment.
[[nodiscard]] std::vector<std::string> plain_environment(const std::filesystem::path& home);

/// One short-lived program; its output when it succeeded. Error: environment, with the last lines.
[[nodiscard]] Result<std::string> run_checked(const process::Command& command,
                                              const Context& context, Duration limit);

/// What a program that writes so had too little of, as "memory" or "file descriptors (ulimit -n)",
/// with the words that say it; empty where the log complains of no such thing.
struct Want {
  std::string_view of, words;
};
[[nodiscard]] Want want_in(std::string_view log);

/// "NAME did not start: WHY", with the last lines of its log, and what it lacked in the first line.
[[nodiscard]] Error start_error(std::string_view name, std::string_view why,
                                const std::filesystem::path& log);

/// Why waiting is in vain, for a reason beside the program that is waited for; empty: it may not
/// be.
using Hopeless = std::function<std::optional<std::string>()>;

/// Waits until `ready` says yes. Error: environment, when the process has ended or the time is over
/// (the last thing that `ready` said then), with the last lines of the log. `hopeless` is asked
/// after a no, at most four times a second: what it says ends the waiting, and is the error.
[[nodiscard]] Result<> wait_until_ready(process::Process& process, std::string_view name,
                                        const Clock& clock, Duration limit,
                                        const std::function<Result<>()>& ready,
                                        const Hopeless& hopeless = {});

/// A command of the service user: in its own private folder, with a fresh log.
[[nodiscard]] process::Command service_command(const Context& context, std::string_view name,
                                               std::vector<std::string> argv,
                                               std::vector<int> cpus);

}  // namespace unrig::stack
