/// \file
/// Who descends from whom, as /proc shows it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace unrig::process {

/// What /proc/PID/stat says of a process, as far as it is needed here.
struct Entry {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  std::int64_t reaped_ticks = 0;  ///< CPU time of its reaped children, theirs included
  int threads = 0;
};

/// Reads /proc/PID/stat. The name in it may hold anything, spaces and parentheses included.
[[nodiscard]] std::optional<Entry> parse_stat(std::string_view stat);

/// The living processes below `root`, without itself: one look at /proc, so what is forked at the
/// same time may be missing.
[[nodiscard]] std::vector<Entry> descendants(pid_t root);

/// `root` itself, in front, and its descendants; empty when there is no such process.
[[nodiscard]] std::vector<Entry> tree(pid_t root);

}  // namespace unrig::process
