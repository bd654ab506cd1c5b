#include "trial/holds.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.h"

namespace unrig::trial {

GroupReads groups_of_this_machine() {
  const auto groups = host::ControlGroups::of_this_machine();
  return {.holding =
              [groups](pid_t process, std::string_view controller) {
                return groups.holding(process, controller);
              },
          .is_there = [](pid_t process) { return process::entry_of(process).has_value(); },
          .throttling = host::throttling,
          .is_frozen = host::is_frozen};
}

void Holds::look(std::span<const Part> parts) {
  constexpr std::size_t members_looked_at = 8;
  look_at(record::Component::load, ::getpid());
  for (const Part& part : parts) {
    for (std::size_t i = 0; i < std::min(members_looked_at, part.members.size()); ++i) {
      look_at(part.component, part.members[i].pid);
    }
  }
}

void Holds::look_at(record::Component who, pid_t process) {
  const auto held_by = read_.holding(process, "cpu");
  if (!held_by) {
    // Who has ended is named for that.
    if (read_.is_there(process)) not_readable(who, held_by.error().what);
  } else {
    const bool belongs = who != record::Component::load && !own_.all.empty();
    if (belongs && std::ranges::find(*held_by, own_.of(who)) == held_by->end())
      left_.try_emplace(who, held_by->front());
    for (const auto& folder : *held_by) {
      const auto now = read_.throttling(folder);
      if (!now) {
        not_readable(who, fmt::format("{} cannot be read", (folder / "cpu.stat").string()));
        continue;
      }
      const auto [group, is_new] = groups_.try_emplace(folder);
      if (is_new) group->second.first = *now;
      group->second.last = *now;
      group->second.who.insert(who);
    }
  }
  const auto freezer = read_.holding(process, "freezer");
  if (freezer && read_.is_frozen(freezer->front())) frozen_.try_emplace(who, freezer->front());
}

void Holds::not_readable(record::Component who, const std::string& why) {
  why_not_.try_emplace(who, why);
  if (unreadable_.empty()) unreadable_ = fmt::format("{}: {}", name_in_text(who), why);
}

std::optional<Duration> Holds::longest() const {
  std::optional<Duration> found;
  for (const auto& [folder, group] : groups_) {
    if (is_own(folder)) continue;
    found = std::max(found, std::optional(group.last.held - group.first.held));
  }
  return found;
}

bool Holds::is_own(const std::filesystem::path& group) const {
  const auto is_it = [&](const auto& own) { return own.second == group; };
  return !group.empty() &&
         (group == own_.all || group == own_.others || std::ranges::any_of(own_.own, is_it));
}

record::Reading<double> Holds::used_up(const std::filesystem::path& group) const {
  using Share = record::Reading<double>;
  if (group.empty()) return Share::not_checked("there is no quota");
  const auto found = groups_.find(group);
  if (found == groups_.end())
    return Share::not_checked("the group of the quota could not be looked at");
  const auto& [first, last, who] = found->second;
  if (last.of == first.of) return Share::not_checked("no quota was in force");
  return static_cast<double>(last.periods - first.periods) /
         static_cast<double>(last.of - first.of);
}

void Holds::write(record::Signals& signals) const {
  signals.machine.quota_used_up = used_up(own_.all);
  for (auto& [component, found] : signals.processes) {
    std::optional<Duration> held;
    for (const auto& [folder, group] : groups_) {
      if (!group.who.contains(component)) continue;
      held = std::max(held, std::optional(group.last.held - group.first.held));
    }
    const auto own = own_.own.find(component);
    found.quota_used_up = used_up(own == own_.own.end() ? std::filesystem::path() : own->second);
    const auto why = why_not_.find(component);
    if (held && why == why_not_.end()) {
      found.throttled_seconds = seconds(*held);
    } else {
      found.throttled_seconds = record::Reading<double>::not_checked(
          why == why_not_.end() ? "no control group could be looked at" : why->second);
    }
  }
}

std::vector<record::Mishap> Holds::mishaps(Duration length) const {
  std::vector<record::Mishap> found;
  for (const auto& [folder, group] : groups_) {
    const Duration held = group.last.held - group.first.held;
    if (is_own(folder)) continue;
    if (seconds(held) <= throttled_limit * seconds(length)) continue;
    std::vector<std::string> names;
    for (const record::Component who : group.who) names.push_back(name_in_text(who));
    std::ranges::sort(names);
    found.push_back(
        {.reason = fmt::format("a CPU quota held {} back: used up in {} periods, {} without a core "
                               "(control group {})",
                               join(names, ", "), group.last.periods - group.first.periods,
                               human(held), folder.string()),
         .who = group.who});
  }
  for (const auto& [who, folder] : frozen_) {
    found.push_back({.reason = fmt::format("{} was frozen (control group {})", name_in_text(who),
                                           folder.string()),
                     .who = {who}});
  }
  for (const auto& [who, folder] : left_) {
    found.push_back({.reason = fmt::format("{} left its control group: it is in {}",
                                           name_in_text(who), folder.string()),
                     .who = {who},
                     .from_outside = false});
  }
  return found;
}

void fill_throttled(record::Trial& trial, const Holds& holds) {
  const auto held = holds.longest();
  if (held) trial.disturbance.throttled_seconds = seconds(*held);
  if (held && holds.unreadable().empty()) return;
  trial.could_not_read(
      "whether a CPU quota held something back",
      holds.unreadable().empty() ? "no control group could be looked at" : holds.unreadable());
}

}  // namespace unrig::trial
