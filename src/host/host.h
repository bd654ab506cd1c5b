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
  int cores = 1;  ///< that this process may use (its affinity; a quota stands in the settings)
  std::int64_t memory_bytes = 0;
  std::string virtualization;  ///< "kvm", "none", …; empty: not known
  /// Settings that change results, as they are: name, value. Kernel settings by the names that
  /// sysctl(8) has for them. What this kernel lacks is left out.
  std::vector<std::pair<std::string, std::string>> settings;
};
[[nodiscard]] Facts facts();

/// CPU time used up to now by a process and all its descendants, living and reaped.
/// Living processes count in nanoseconds, with their ended threads (their CPU-time clock); reaped
/// children in ticks (10 ms) per parent. What lost its parent counts with whoever took it in: the
/// keeper of a process::Process, or init. Off by what is just being reaped: take differences over
/// seconds. Not for unrig itself: all that it started descends from it. Empty when the process does
/// not exist.
[[nodiscard]] std::optional<Duration> cpu_time(pid_t root);

/// The process itself, in front, and all its descendants. Empty when it does not exist.
[[nodiscard]] std::vector<pid_t> descendants(pid_t root);

/// How many there are, of the process and its descendants together.
struct Count {
  int processes = 0;
  int threads = 0;
};
[[nodiscard]] Count count_of(pid_t root);

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

/// Connections that wait to be accepted at a listening TCP port (IPv4), as `ss -lnt` shows them:
/// summed over the sockets that share the port.
struct ListenQueue {
  std::uint32_t waiting = 0;
  std::uint32_t limit = 0;  ///< the backlog in force, after the kernel's own limit
};
/// Empty when nobody listens there, or when the kernel does not tell.
[[nodiscard]] std::optional<ListenQueue> listen_queue(int port);

}  // namespace unrig::host
