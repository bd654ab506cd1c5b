/// \file
/// Control groups (cgroups(7), versions 1 and 2): which ones hold a process, whether a CPU quota
/// has held them back, whether they are frozen.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace unrig::host {

/// Where the groups of some controllers are mounted.
struct Hierarchy {
  std::filesystem::path at;
  std::string root;                      ///< the group that is mounted there
  std::vector<std::string> controllers;  ///< empty: version 2, which has all that no other has
};
/// /proc/self/mountinfo
[[nodiscard]] std::vector<Hierarchy> parse_hierarchies(std::string_view mountinfo);

/// /proc/PID/cgroup: the group in the hierarchy of that controller, "" being that of version 2.
[[nodiscard]] std::optional<std::string> parse_group(std::string_view text,
                                                     std::string_view controller);

/// What a CPU quota did since the group was made.
struct Throttling {
  std::uint64_t periods = 0;  ///< in which it was used up
  Duration held{0};           ///< summed over the cores
  std::uint64_t of = 0;       ///< periods in which somebody of the group wanted to run
};
/// cpu.stat of either version; zeros where it knows of no quota, as that of the topmost group.
[[nodiscard]] Throttling parse_throttling(std::string_view cpu_stat);

/// Safe to use from every thread.
class ControlGroups {
 public:
  /// Those of this machine, as far as they are mounted.
  [[nodiscard]] static ControlGroups of_this_machine();
  explicit ControlGroups(std::vector<Hierarchy> hierarchies)
      : hierarchies_(std::move(hierarchies)) {}

  /// The folders of the groups by which the controller ("cpu", "freezer") holds the process: its
  /// own first, then those above it, as far as they are mounted here. Error: environment: nothing
  /// is mounted, or /proc does not tell.
  [[nodiscard]] Result<std::vector<std::filesystem::path>> holding(
      pid_t pid, std::string_view controller) const;
  /// The same from the text of /proc/PID/cgroup.
  [[nodiscard]] Result<std::vector<std::filesystem::path>> holding(
      std::string_view cgroup, std::string_view controller) const;

 private:
  std::vector<Hierarchy> hierarchies_;
};

/// Of the group in that folder. Empty when its cpu.stat cannot be read.
[[nodiscard]] std::optional<Throttling> throttling(const std::filesystem::path& group);
/// cpu.max of version 2: "max 100000" is no quota, 0; "150000 100000" is 1.5 cores. Empty for
/// another text.
[[nodiscard]] std::optional<double> parse_cpu_max(std::string_view text);
/// The CPU time per time that its own quota leaves the group in that folder, in cores; 0: it has
/// none. Empty when what is there is no quota.
[[nodiscard]] std::optional<double> cpu_quota(const std::filesystem::path& group);
/// Whether its processes stand still by freezer.state (version 1) or cgroup.events (2).
[[nodiscard]] bool is_frozen(const std::filesystem::path& group);

}  // namespace unrig::host
