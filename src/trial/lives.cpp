#include "trial/lives.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace unrig::trial {
namespace {

/// So many are looked at in one turn: a look at a process costs about 10 us.
constexpr std::size_t looks_per_turn = 32;

bool has_ended(const std::optional<process::Entry>& now, const process::Entry& then) {
  return !now || now->started != then.started || now->state == 'Z' || now->state == 'X';
}

std::string process_text(const process::Entry& entry) {
  return fmt::format("process {}, {}", entry.pid, printable(entry.name));
}

}  // namespace

Lives::Lives(std::vector<Part> parts) : parts_(std::move(parts)), newcomers_(parts_.size()) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    for (const auto& entry : parts_[i].members) all_.push_back({.part = i, .entry = entry});
  }
}

void Lives::look_at(Seen& seen, Instant now, const Read& read) {
  if (seen.ended) return;
  const auto entry = read(seen.entry.pid);
  if (has_ended(entry, seen.entry)) {
    seen.ended = true;
    return;
  }
  const bool stopped = entry->state == 'T' || entry->state == 't';
  if (stopped && !seen.stopped_since) seen.stopped_since = now;
  if (seen.stopped_since) seen.stopped = std::max(seen.stopped, now - *seen.stopped_since);
  if (!stopped) seen.stopped_since.reset();
  // Stopped at one look alone: for how long is not known, but it was.
  if (stopped) seen.stopped = std::max(seen.stopped, Duration(1));
}

void Lives::look(Instant now, const Read& read) {
  for (std::size_t i = 0; i < std::min(looks_per_turn, all_.size()); ++i) {
    next_ = next_ % all_.size();
    look_at(all_[next_++], now, read);
  }
}

void Lives::end(Instant now, const Read& read,
                const std::function<std::vector<process::Entry>(const Part&)>& members) {
  for (Seen& seen : all_) look_at(seen, now, read);
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    for (const auto& entry : members(parts_[i])) {
      const auto& before = parts_[i].members;
      const bool known = std::ranges::any_of(before, [&](const process::Entry& each) {
        return each.pid == entry.pid && each.started == entry.started;
      });
      if (!known) ++newcomers_[i];
    }
  }
}

std::vector<Mishap> Lives::mishaps() const {
  std::vector<Mishap> found;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const std::string& name = parts_[i].name;
    const Seen* ended = nullptr;
    const Seen* stopped = nullptr;
    int gone = 0;
    for (const Seen& seen : all_) {
      if (seen.part != i) continue;
      if (seen.ended) {
        ++gone;
        // The first process is the one whose end explains the others'.
        if (ended == nullptr || seen.entry.pid == parts_[i].root) ended = &seen;
      }
      if (stopped == nullptr || seen.stopped > stopped->stopped) stopped = &seen;
    }
    if (ended != nullptr) {
      const bool whole = ended->entry.pid == parts_[i].root;
      found.push_back({.reason = fmt::format(
                           "the {} ended while it was measured: {} of its {} processes{} ({})",
                           name, gone, parts_[i].members.size(),
                           whole               ? ""
                           : newcomers_[i] > 0 ? ", and others took their place"
                                               : ", which nobody replaced",
                           process_text(ended->entry)),
                       .who = {"the " + name},
                       .from_outside = name != "app"});
    }
    if (stopped != nullptr && stopped->stopped > Duration(0)) {
      const bool once = stopped->stopped <= Duration(1);
      found.push_back(
          {.reason = fmt::format("the {} was stopped{} by a signal, as SIGSTOP does ({})", name,
                                 once ? "" : " for " + human(stopped->stopped),
                                 process_text(stopped->entry)),
           .who = {"the " + name}});
    }
  }
  return found;
}

void Holds::look(const std::string& who, const std::vector<std::filesystem::path>& groups,
                 const ReadThrottling& read) {
  for (const auto& folder : groups) {
    const auto now = read(folder);
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

void Holds::not_readable(const std::string& who, std::string why) {
  if (unreadable_.empty()) unreadable_ = fmt::format("{}: {}", who, why);
}

void Holds::frozen(const std::string& who, const std::filesystem::path& group) {
  frozen_.try_emplace(who, group);
}

std::optional<Duration> Holds::longest() const {
  std::optional<Duration> found;
  for (const auto& [folder, group] : groups_) {
    found = std::max(found, std::optional(group.last.held - group.first.held));
  }
  return found;
}

std::vector<Mishap> Holds::mishaps(Duration length, double share) const {
  std::vector<Mishap> found;
  for (const auto& [folder, group] : groups_) {
    const Duration held = group.last.held - group.first.held;
    if (seconds(held) <= share * seconds(length)) continue;
    const std::vector<std::string> who(group.who.begin(), group.who.end());
    found.push_back(
        {.reason = fmt::format("a CPU quota held {} back: used up in {} periods, {} without a core "
                               "(control group {})",
                               join(who, ", "), group.last.periods - group.first.periods,
                               human(held), folder.string()),
         .who = group.who});
  }
  for (const auto& [who, folder] : frozen_) {
    found.push_back(
        {.reason = fmt::format("{} was frozen (control group {})", who, folder.string()),
         .who = {who}});
  }
  return found;
}

}  // namespace unrig::trial
