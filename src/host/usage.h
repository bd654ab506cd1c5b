/// \file
/// CPU time and memory that processes, and groups of them, have used, and the machine as a whole.
/// Linux: read from /proc. What cannot be read is empty, never guessed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/units.h"

namespace unrig::host {

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

/// Resident memory of the process and its descendants, bytes (sum of Pss where readable, else Rss).
/// Empty where none of it can be read.
[[nodiscard]] std::optional<std::int64_t> memory_of(pid_t root);
/// The same of this process alone: not of what it started.
[[nodiscard]] std::optional<std::int64_t> own_memory();
/// Of each of these processes, what it has of memory that no file backs, swapped out or not, bytes:
/// the kernel's own counters, some 20 us a process whatever it has. Two that share a page have it
/// both. One of which that cannot be read is not there.
[[nodiscard]] std::map<pid_t, std::int64_t> unbacked_memory_of(std::span<const pid_t> processes);

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
/// The same of each core that is online, by number. None when /proc/stat cannot be read.
[[nodiscard]] std::map<int, MachineCpu> core_cpus();
/// Of single cores between two looks, the largest share of each.
struct CoreUse {
  double busy = 0;
  double interrupts = 0;
  double steal = 0;
};
/// Empty when no core is in both, or no time has passed.
[[nodiscard]] std::optional<CoreUse> most_between(const std::map<int, MachineCpu>& first,
                                                  const std::map<int, MachineCpu>& last);
/// Empty when no time has passed between them.
[[nodiscard]] std::optional<MachineUse> use_between(const MachineCpu& first,
                                                    const MachineCpu& last);

}  // namespace unrig::host
