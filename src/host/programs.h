/// \file
/// Programs of a host: finding them, running short ones, and what they say when they lack
/// something.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "host/host.h"
#include "process/process.h"

namespace unrig::host {

/// What a part of the chain needs to start and stop. The references outlive it.
struct Context {
  Host& host;
  const Clock& clock;
};

/// For programs that answer at once: only one that hangs takes so long, however busy the machine.
inline constexpr Duration quick_answer_limit = std::chrono::minutes(1);

/// The program's path. Error: environment, with the Debian package that has it.
[[nodiscard]] Result<std::filesystem::path> require_program(const Host& host,
                                                            const std::string& name,
                                                            std::string_view package);

/// The variables that every child gets: nothing of the caller's environment.
[[nodiscard]] std::vector<std::string> plain_environment(const std::filesystem::path& home);

/// One short-lived program; its output when it succeeded. Error: environment, with the last lines.
[[nodiscard]] Result<std::string> run_checked(const process::Command& command, Host& host,
                                              Duration limit);
/// The same of one that only says what it is, as `nginx -v` does.
[[nodiscard]] Result<std::string> ask_program(const std::filesystem::path& program,
                                              std::string_view option, Host& host);

/// The version in what programs say of theirs: the first word that begins with a digit, as in
/// "nginx version: nginx/1.22.1" and "postgres (PostgreSQL) 15.18 (Debian 15.18-0)". "" where there
/// is none.
[[nodiscard]] std::string version_in(std::string_view told);

/// What a program that writes so had too little of, as "memory" or "file descriptors (ulimit -n)",
/// with the words that say it; empty where the log complains of no such thing.
struct Want {
  std::string_view of, words;
};
[[nodiscard]] Want want_in(std::string_view log);
/// " for want of memory", to stand behind what did not work; "" where the log complains of nothing.
[[nodiscard]] std::string for_want(std::string_view log);

}  // namespace unrig::host
