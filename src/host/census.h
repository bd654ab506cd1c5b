/// \file
/// How many processes and threads a program has, and which of them hold connections: from outside,
/// whatever they say, and whoever their parents are by now.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <vector>

namespace unrig::host {

/// Who takes in what the program leaves behind, so that nothing gets away from below it: the keeper
/// of a process::Process, which is its parent. -1 when the program is gone.
[[nodiscard]] pid_t keeper_of(pid_t program);

/// Living processes; those that have ended and are not reaped do not count.
struct Population {
  std::vector<pid_t> processes;
  int threads = 0;
};
/// Everything below `root`, itself left out. By what the kernel lists as the children of each
/// thread (/proc/PID/task/TID/children): some 30 us a process, however many others there are. Where
/// it lists none, by one look at all processes. What is forked at the same time may be missing.
[[nodiscard]] Population population_below(pid_t root);

/// Of these processes' connections to that TCP port, those of the process that has most. Some
/// microseconds for each file that they have open. Empty where the kernel does not tell.
[[nodiscard]] std::optional<int> most_connections_of_one(std::span<const pid_t> processes,
                                                         int port);

/// How many of these processes alone hold a connection that was accepted at that TCP port: whoever
/// inherits one, or passes one on, does not. Cost and errors as above.
[[nodiscard]] std::optional<int> serving_at(std::span<const pid_t> processes, int port);

}  // namespace unrig::host
