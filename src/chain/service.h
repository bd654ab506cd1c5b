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
#include "host/host.h"
#include "host/programs.h"
#include "process/process.h"

namespace unrig::chain {

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

/// What of its machine a part of the chain has.
struct Room {
  std::vector<int> cpus = {};        ///< cores by number; empty: all
  std::filesystem::path group = {};  ///< its control group; empty: that of the guard
  bool operator==(const Room&) const = default;
};

/// A command of the service user: in its own private folder, with a fresh log.
[[nodiscard]] process::Command service_command(host::Host& host, std::string_view name,
                                               std::vector<std::string> argv, const Room& room);

/// Starts what listens at a port of its own. Another program may take that between the check and
/// the use: then it is stopped, and started at another one, three times in all.
[[nodiscard]] Result<> start_at_free_port(
    host::Host& host, const std::function<Result<>(const host::Endpoint&)>& start_at,
    const std::function<void()>& stop);

}  // namespace unrig::chain
