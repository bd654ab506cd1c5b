/// \file
/// Facts of this machine, and what groups of processes use of it. Linux: everything is read from
/// /proc and /sys. What cannot be read is empty, never guessed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
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
  std::int64_t memory_bytes = 0;  ///< 0: not known
  std::string virtualization;     ///< "kvm", "none", …; empty: not known
  /// Settings that change results, as they are: name, value. Kernel settings by the names that
  /// sysctl(8) has for them. What this kernel lacks is left out.
  std::vector<std::pair<std::string, std::string>> settings;
};
[[nodiscard]] Facts facts();
/// The cores that this process may use, by number.
[[nodiscard]] std::vector<int> usable_cores();

/// CPU time used up to now by a process and all its descendants, living and reaped.
/// Living processes count in nanoseconds, with their ended threads (their CPU-time clock); reaped
/// children in ticks (10 ms) per parent. What lost its parent counts with whoever took it in: the
/// keeper of a process::Process, or init. Off by what is just being reaped: take differences over
/// seconds. Not for unrig itself: all that it started descends from it. Empty when the process does
/// not exist.
[[nodiscard]] std::optional<Duration> cpu_time(pid_t root);

/// CPU time used up to now, by whose it is: one look at all processes.
struct Usage {
  std::vector<std::optional<Duration>> trees;  ///< as cpu_time() has them, in the roots' order
  std::vector<std::vector<pid_t>> members;     ///< the processes of each of these trees
  Duration own{0};                             ///< of unrig and all that descends from it
  Duration kernel{0};                          ///< of threads of the kernel
  struct Stranger {
    std::string name;
    Duration used{0};  ///< with its reaped children, ticks (10 ms) each
    pid_t parent = 0;
    Duration age{0};
  };
  std::map<pid_t, Stranger> strangers;  ///< everything else that can be seen
  /// Whether processes of other users can be seen at all (proc(5): hidepid).
  bool sees_all = true;
};
[[nodiscard]] Usage usage(std::span<const pid_t> roots);

/// What strangers used between two looks.
struct Foreign {
  Duration used{0};
  /// Of the one that used most, itself or its children; empty without any. Of what comes and goes,
  /// as the compilers of a build do, it is the one that started them: that can be found and ended.
  std::string name;
};
/// A process that ended in between counts where its parent waited for it, as a shell does.
[[nodiscard]] Foreign foreign_between(const Usage& first, const Usage& last);

/// The process itself, in front, and all its descendants. Empty when it does not exist.
[[nodiscard]] std::vector<pid_t> descendants(pid_t root);

/// What the process was started with, or calls itself now ("postgres: checkpointer"): its words,
/// each with a zero byte behind it. Empty when it cannot be read.
[[nodiscard]] std::string command_line(pid_t pid);

/// How many there are, of the process and its descendants together.
struct Count {
  int processes = 0;
  int threads = 0;
};
[[nodiscard]] Count count_of(pid_t root);

/// Resident memory of the process and its descendants, bytes (sum of Pss where readable, else Rss).
/// Empty where none of it can be read.
[[nodiscard]] std::optional<std::int64_t> memory_of(pid_t root);
/// The same of this process alone: not of what it started.
[[nodiscard]] std::optional<std::int64_t> own_memory();

/// CPU time of the whole machine since boot, summed over the cores.
struct MachineCpu {
  Duration busy{0};  ///< everything but idle and iowait; steal not included
  Duration idle{0};
  Duration steal{0};
  /// In `busy`, too: interrupts and what they entail, as far as the kernel tells it from the work
  /// of processes.
  Duration interrupts{0};
};
/// Empty when /proc/stat cannot be read.
[[nodiscard]] std::optional<MachineCpu> machine_cpu();

/// Of the machine's CPU time between two looks, as shares of all of it.
struct MachineUse {
  double busy = 0;
  double steal = 0;
};
/// Empty when no time has passed between them.
[[nodiscard]] std::optional<MachineUse> use_between(const MachineCpu& first,
                                                    const MachineCpu& last);

/// The frequency of the fastest core at this moment, MHz. Empty where the kernel does not govern
/// frequencies, as in most virtual machines. `folder` is for tests.
[[nodiscard]] std::optional<double> core_mhz(
    const std::filesystem::path& folder = "/sys/devices/system/cpu/cpufreq");

/// Counters of this network namespace since boot that show lost connections. Not set: they cannot
/// be read.
struct NetCounters {
  std::optional<std::uint64_t> listen_overflows;
  std::optional<std::uint64_t> listen_drops;
  std::optional<std::uint64_t> retransmitted_segments;
};
[[nodiscard]] NetCounters net_counters();

/// The local ports that the kernel hands out by itself.
struct PortRange {
  int low = 32768;
  int high = 60999;
  [[nodiscard]] int count() const { return high - low + 1; }
};
[[nodiscard]] PortRange ephemeral_ports();

/// The longest listen queue that the kernel allows (net.core.somaxconn). Empty: it does not tell.
[[nodiscard]] std::optional<int> longest_listen_queue();

/// Connections that wait to be accepted at a listening TCP port (IPv4), as `ss -lnt` shows them:
/// summed over the sockets that share the port.
struct ListenQueue {
  std::uint32_t waiting = 0;
  std::uint32_t limit = 0;  ///< the backlog in force, after the kernel's own limit
  /// Segments dropped since the sockets began to listen: for want of room, or because
  /// TCP_DEFER_ACCEPT puts every handshake off. Empty when the kernel does not tell.
  std::optional<std::uint64_t> drops = 0;
  std::vector<std::uint32_t> inodes = {};  ///< of the sockets, as in /proc/PID/fd
};
/// Empty when nobody listens there, or when the kernel does not tell.
[[nodiscard]] std::optional<ListenQueue> listen_queue(int port);

}  // namespace unrig::host
