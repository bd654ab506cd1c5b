/// \file
/// The control groups of a run: one around the chain, with the quota of machine.cpu, and in it one
/// for each part that may get a quota of its own.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <span>

#include "base/clock.h"
#include "base/result.h"
#include "host/groups.h"
#include "host/quota.h"
#include "record/signals.h"
#include "scenario/scenario.h"

namespace unrig::chain {

/// Where they lie.
struct GroupFolders {
  std::filesystem::path all = {};     ///< around the others; empty: the run has none
  std::filesystem::path others = {};  ///< of what has none of its own
  std::map<record::Component, std::filesystem::path> own = {};

  /// Where that part belongs; empty: the run has none.
  [[nodiscard]] const std::filesystem::path& of(record::Component part) const;
};

/// The parts to which some of the scenarios give a quota of their own.
[[nodiscard]] std::set<record::Component> parts_with_quota(
    std::span<const scenario::Scenario> scenarios);

/// A part that has its own group keeps it throughout the run, limited or not: so nothing but the
/// quota differs between two cells.
class CpuGroups {
 public:
  /// `own`: the parts that get one. Error: environment. `clock` must outlive it.
  [[nodiscard]] static Result<CpuGroups> make(const host::ControlGroups& groups,
                                              const std::set<record::Component>& own,
                                              const Clock& clock);

  [[nodiscard]] const GroupFolders& folders() const { return folders_; }
  /// What the scenario gives the machine and its parts, and no more, until lift(). Error:
  /// environment.
  [[nodiscard]] Result<> limit(const scenario::Scenario& scenario);
  /// Error: environment.
  Result<> lift();

 private:
  CpuGroups(host::CpuGroup all, host::CpuGroup others);

  // Destroyed, and so removed, from the inside out.
  host::CpuGroup all_;
  host::CpuGroup others_;
  std::map<record::Component, host::CpuGroup> own_;
  GroupFolders folders_;
};

}  // namespace unrig::chain
