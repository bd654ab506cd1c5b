#include "trial/lives.h"

#include <fmt/format.h>
#include <unistd.h>

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

std::string name_in_text(record::Component component) {
  if (component == record::Component::load) return "the load generator";
  return fmt::format("the {}", to_text(component));
}

Lives::Lives(std::vector<Part> parts, Read read, Members members, Stand stand)
    : parts_(std::move(parts)),
      read_(std::move(read)),
      members_(std::move(members)),
      stand_(std::move(stand)),
      newcomers_(parts_.size()) {
  if (stand_) own_ = stand_(::getpid());
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    for (const auto& entry : parts_[i].members) all_.push_back({.part = i, .entry = entry});
  }
}

void Lives::look_at(Seen& seen, Instant now) {
  if (seen.ended) return;
  const auto entry = read_(seen.entry.pid);
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
  const auto& given = parts_[seen.part].given;
  if (!given || !stand_) return;
  if (auto stands = stand_(seen.entry.pid); stands && stands != given)
    seen.moved_to = std::move(stands);
}

void Lives::look_at_unrig() {
  if (!own_) return;
  if (auto stands = stand_(::getpid()); stands && stands != own_) own_moved_to_ = std::move(stands);
}

void Lives::look(Instant now) {
  for (std::size_t i = 0; i < std::min(looks_per_turn, all_.size()); ++i) {
    next_ = next_ % all_.size();
    look_at(all_[next_++], now);
  }
  look_at_unrig();
}

void Lives::end(Instant now) {
  for (Seen& seen : all_) look_at(seen, now);
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    for (const auto& entry : members_(parts_[i])) {
      const auto& before = parts_[i].members;
      const bool known = std::ranges::any_of(before, [&](const process::Entry& each) {
        return each.pid == entry.pid && each.started == entry.started;
      });
      if (!known) ++newcomers_[i];
    }
  }
  // The last of all: where somebody takes cores from the whole machine it is among the moved.
  look_at_unrig();
}

bool Lives::sees_all() const {
  return std::ranges::none_of(parts_, [](const Part& part) { return part.members.empty(); });
}

bool Lives::knows_places() const {
  return own_ && std::ranges::all_of(parts_, [](const Part& part) {
           return part.given || part.component == record::Component::app;
         });
}

bool Lives::moved() const {
  return !own_moved_to_ &&
         std::ranges::any_of(all_, [](const Seen& seen) { return seen.moved_to.has_value(); });
}

std::vector<record::Mishap> Lives::mishaps() const {
  std::vector<record::Mishap> found;
  if (own_moved_to_) {
    found.push_back({.reason = fmt::format("unrig was moved while it measured: {}, where it had {}",
                                           to_text(*own_moved_to_), to_text(*own_)),
                     .who = {record::Component::load}});
  }
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const record::Component component = parts_[i].component;
    const std::string name = name_in_text(component);
    const Seen* ended = nullptr;
    const Seen* stopped = nullptr;
    const Seen* elsewhere = nullptr;
    int gone = 0;
    for (const Seen& seen : all_) {
      if (seen.part != i) continue;
      if (seen.ended) {
        ++gone;
        // The first process is the one whose end explains the others'.
        if (ended == nullptr || seen.entry.pid == parts_[i].root) ended = &seen;
      }
      if (stopped == nullptr || seen.stopped > stopped->stopped) stopped = &seen;
      if (elsewhere == nullptr && seen.moved_to && !own_moved_to_) elsewhere = &seen;
    }
    if (ended != nullptr) {
      const bool whole = ended->entry.pid == parts_[i].root;
      found.push_back(
          {.reason = fmt::format("{} ended while it was measured: {} of its {} processes{} ({})",
                                 name, gone, parts_[i].members.size(),
                                 whole               ? ""
                                 : newcomers_[i] > 0 ? ", and others took their place"
                                                     : ", which nobody replaced",
                                 process_text(ended->entry)),
           .who = {component},
           .from_outside = component != record::Component::app});
    }
    if (stopped != nullptr && stopped->stopped > Duration(0)) {
      const bool once = stopped->stopped <= Duration(1);
      found.push_back({.reason = fmt::format("{} was stopped{} by a signal, as SIGSTOP does ({})",
                                             name, once ? "" : " for " + human(stopped->stopped),
                                             process_text(stopped->entry)),
                       .who = {component}});
    }
    if (elsewhere != nullptr) {
      found.push_back(
          {.reason = fmt::format("{} was moved: {}, where unrig gave it {} ({})", name,
                                 to_text(*elsewhere->moved_to), to_text(*parts_[i].given),
                                 process_text(elsewhere->entry)),
           .who = {component}});
    }
  }
  return found;
}

}  // namespace unrig::trial
