/// \file
/// How many processes and threads a program has, and which of them hold connections: from outside,
/// whatever they say, and whoever their parents are by now.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
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

/// What some processes have to do with two TCP ports, by the connections that they have open.
/// Whoever inherits one does not hold it alone; whoever only passes it on has not read from it.
struct Dealings {
  std::vector<pid_t> serving;  ///< who alone hold one that was accepted at the first, and read it
  std::vector<pid_t> at_work;  ///< these, and who alone hold one that was opened to the second
  int most_connections = 0;    ///< to the second, of the process that has most
};
/// A port of 0 is none. What comes or goes meanwhile may be missing. Some microseconds for each
/// file that they have open. Empty where the kernel does not tell.
[[nodiscard]] std::optional<Dealings> dealings_of(std::span<const pid_t> processes, int served_at,
                                                  int asked_at);

/// Who holds each connection to a TCP port: by the port of the end that has opened it, all of them.
using Openers = std::map<int, std::vector<pid_t>>;
/// Of these processes. Cost and errors as above.
[[nodiscard]] std::optional<Openers> openers_of(std::span<const pid_t> processes, int port);

/// The files that these processes run, links followed; of one that has been replaced the old name.
/// Who has ended, or is not shown, has none.
[[nodiscard]] std::set<std::string> programs_of(std::span<const pid_t> processes);

}  // namespace unrig::host
