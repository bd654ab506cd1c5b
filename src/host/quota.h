/// \file
/// A share of this machine's CPU time for a group of programs: a control group with a quota
/// (cgroups(7); version 1 by the controller cpu, version 2 by cpu.max).
#pragma once

#include <filesystem>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "host/groups.h"

namespace unrig::host {

/// How often a quota is dealt out. Short, so that who has used it up waits shortly beside a
/// response time.
inline constexpr Duration quota_period = std::chrono::milliseconds(10);

/// A control group of its own; groups below it share what it has. Not thread-safe.
class CpuGroup {
 public:
  /// Called by unrig's process: "unrig-PID". Where unrig may: version 1 below its own group;
  /// version 2 in the topmost group or, where that is not to be written, below its own, which unrig
  /// then leaves for one beside the new one, as the kernel wants it. Removes groups that an unrig
  /// that is gone has left, with those below them. Error: environment, with what is missing and how
  /// to get it. `clock` must outlive it.
  [[nodiscard]] static Result<CpuGroup> make(const ControlGroups& groups, const Clock& clock);
  /// One below it, which must go first. Where there is one nobody may be in this one itself:
  /// version 2 has no processes beside groups. Error: environment.
  [[nodiscard]] Result<CpuGroup> make_below(std::string_view name) const;
  CpuGroup(CpuGroup&& other) noexcept;
  CpuGroup& operator=(CpuGroup&&) = delete;
  /// Leaves it and removes it; waits up to a second for its last processes to end.
  ~CpuGroup();

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// `cpus` of CPU time per time, in cores, scenario::least_cpu_time at least; 0: no limit. Of
  /// version 1 no more than a group around it has. Error: environment.
  [[nodiscard]] Result<> limit(double cpus);
  /// Whether unrig itself is in it. Error: environment.
  [[nodiscard]] Result<> hold_unrig(bool inside);

 private:
  CpuGroup(std::filesystem::path folder, std::filesystem::path outside, const Clock& clock)
      : folder_(std::move(folder)), outside_(std::move(outside)), clock_(clock) {}
  static Result<CpuGroup> make_in(const std::filesystem::path& parent, std::string_view name,
                                  std::filesystem::path outside, const Clock& clock);

  std::filesystem::path folder_;   ///< empty: moved from
  std::filesystem::path outside_;  ///< where unrig belongs
  const Clock& clock_;
  bool holds_unrig_ = false;
};

}  // namespace unrig::host
