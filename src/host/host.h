/// \file
/// Facts of this machine, and what groups of processes use of it. Linux: everything is read from
/// /proc and /sys. What cannot be read is empty, never guessed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"

namespace unrig::host {

struct Facts {
  std::string hostname;
  std::string os;      ///< "Debian GNU/Linux 12 (bookworm)"
  std::string kernel;  ///< release
  std::string cpu_model;
  int cores = 1;  ///< that this process may use
  std::int64_t memory_bytes = 0;
  std::string virtualization;  ///< "kvm", "none", …; empty: not known
  /// Kernel settings that change results, as they are: name, value (net.core.somaxconn, …).
  std::vector<std::pair<std::string, std::string>> settings;
};
[[nodiscard]] Facts facts();

/// CPU time used up to now by a process and all its descendants, living and reaped.
/// Living threads count in nanoseconds (schedstat), reaped children in ticks (10 ms).
/// Empty when the process does not exist.
[[nodiscard]] std::optional<Duration> cpu_time(pid_t root);

/// The process itself and all its descendants.
[[nodiscard]] std::vector<pid_t> descendants(pid_t root);

/// Resident memory of the process and its descendants, bytes (sum of Pss where readable, else Rss).
[[nodiscard]] std::int64_t memory_of(pid_t root);

/// CPU time of the whole machine since boot, summed over the cores.
struct MachineCpu {
  Duration busy{0};  ///< everything but idle and iowait; steal not included
  Duration idle{0};
  Duration steal{0};
};
[[nodiscard]] MachineCpu machine_cpu();

/// Counters of this network namespace since boot that show lost connections.
struct NetCounters {
  std::uint64_t listen_overflows = 0;
  std::uint64_t listen_drops = 0;
  std::uint64_t retransmitted_segments = 0;
};
[[nodiscard]] NetCounters net_counters();

/// The local ports that the kernel hands out by itself.
struct PortRange {
  int low = 32768;
  int high = 60999;
};
[[nodiscard]] PortRange ephemeral_ports();

}  // namespace unrig::host
