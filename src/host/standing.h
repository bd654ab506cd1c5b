/// \file
/// How a process stands with the kernel's scheduler: where it may run, and how willingly it is let.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace unrig::host {

struct Standing {
  std::vector<int> cores;  ///< that it may run on, rising
  int nice = 0;
  int policy = 0;  ///< SCHED_OTHER, ...: sched(7)
  bool operator==(const Standing&) const = default;
  /// Whether what it starts stands otherwise (SCHED_RESET_ON_FORK).
  [[nodiscard]] bool is_reset_by_fork() const;
};
/// Of its first thread. Some microseconds. Empty where the process is gone, or the kernel does not
/// tell.
[[nodiscard]] std::optional<Standing> standing_of(pid_t process);

/// "cores 0-3, 6, nice 5"; with the policy where it is not the usual one: ", SCHED_IDLE".
[[nodiscard]] std::string to_text(const Standing& standing);

}  // namespace unrig::host
