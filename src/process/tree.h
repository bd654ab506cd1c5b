/// \file
/// Who descends from whom, as /proc shows it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unrig::process {

/// What /proc/PID/stat says of a process, as far as it is needed here.
struct Entry {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  char state = '?';               ///< 'R', 'S', 'T' (stopped), 'Z', ... as in proc(5)
  std::int64_t own_ticks = 0;     ///< CPU time of its threads, ended ones too
  std::int64_t reaped_ticks = 0;  ///< CPU time of its reaped children, theirs included
  int threads = 0;
  std::uint64_t started = 0;  ///< ticks since boot: with the number, which process it is
  bool kernel = false;        ///< a thread of the kernel
  std::string name;           ///< 15 bytes at most, whatever they are
};

/// Reads /proc/PID/stat. The name in it may hold anything, spaces and parentheses included.
[[nodiscard]] std::optional<Entry> parse_stat(std::string_view stat);

/// The same of one process; empty when it is gone, or when /proc does not show it.
[[nodiscard]] std::optional<Entry> entry_of(pid_t process);

/// Processes by their parent.
using Processes = std::multimap<pid_t, Entry>;

/// The living processes, zombies included: one look at /proc, so what is forked at the same time
/// may be missing.
[[nodiscard]] Processes all_processes();

/// `root` itself, in front, and its descendants among `all`; empty when it is not there.
[[nodiscard]] std::vector<Entry> tree(const Processes& all, pid_t root);

/// The living processes below `root`, without itself.
[[nodiscard]] std::vector<Entry> descendants(pid_t root);

/// The same of one look at /proc.
[[nodiscard]] std::vector<Entry> tree(pid_t root);

}  // namespace unrig::process
