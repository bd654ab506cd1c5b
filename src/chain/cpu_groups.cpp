#include "chain/cpu_groups.h"

#include <algorithm>
#include <utility>

namespace unrig::chain {

using record::Component;

const std::filesystem::path& GroupFolders::of(Component part) const {
  const auto found = own.find(part);
  return found == own.end() ? others : found->second;
}

std::set<Component> parts_with_quota(std::span<const scenario::Scenario> scenarios) {
  std::set<Component> found;
  for (const auto& scenario : scenarios) {
    const auto quotas = record::Quotas::in(scenario);
    for (const Component part : record::chain_components) {
      if (quotas.of(part) > 0) found.insert(part);
    }
  }
  return found;
}

CpuGroups::CpuGroups(host::CpuGroup all, host::CpuGroup others)
    : all_(std::move(all)), others_(std::move(others)) {
  folders_.all = all_.folder();
  folders_.others = others_.folder();
}

Result<CpuGroups> CpuGroups::make(const host::ControlGroups& groups, const std::set<Component>& own,
                                  const Clock& clock) {
  auto all = host::CpuGroup::make(groups, clock);
  if (!all) return std::unexpected(all.error());
  auto others = all->make_below("others");
  if (!others) return std::unexpected(others.error());
  CpuGroups made(std::move(*all), std::move(*others));
  for (const Component part : own) {
    auto group = made.all_.make_below(to_text(part));
    if (!group) return std::unexpected(group.error());
    made.folders_.own.emplace(part, group->folder());
    made.own_.emplace(part, std::move(*group));
  }
  return made;
}

Result<> CpuGroups::limit(const scenario::Scenario& scenario) {
  const double machine = scenario.machine_cpu;
  if (auto moved = others_.hold_unrig(machine > 0 && scenario.machine_with_load); !moved)
    return moved;
  // Version 1 takes no step on which a part has more than what is around it.
  if (auto lifted = lift(); !lifted) return lifted;
  if (auto limited = all_.limit(machine); !limited) return limited;
  const auto quotas = record::Quotas::in(scenario);
  for (const Component part : record::chain_components) {
    const double cpus = quotas.of(part);
    if (cpus == 0) continue;
    const auto group = own_.find(part);
    if (group == own_.end())
      return fail(ErrorKind::internal, "a part has a CPU quota and no control group");
    if (auto limited = group->second.limit(machine > 0 ? std::min(cpus, machine) : cpus); !limited)
      return limited;
  }
  return {};
}

Result<> CpuGroups::lift() {
  for (auto& [part, group] : own_) {
    if (auto lifted = group.limit(0); !lifted) return lifted;
  }
  return all_.limit(0);
}

}  // namespace unrig::chain
