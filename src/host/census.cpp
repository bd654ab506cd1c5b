#include "host/census.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <system_error>

#include "base/number.h"
#include "base/text.h"
#include "host/connections.h"
#include "host/content.h"
#include "host/sockets.h"
#include "process/tree.h"

namespace unrig::host {
namespace {

namespace fs = std::filesystem;

bool has_ended(const process::Entry& entry) {
  return entry.state == 'Z' || entry.state == 'X';
}

void add_numbers(const std::string& text, std::vector<pid_t>& into) {
  for (const auto& word : split(trim(text), ' ')) {
    if (const auto pid = to_number<pid_t>(word)) into.push_back(*pid);
  }
}

/// Of all its threads: whichever forked them.
void add_children(pid_t pid, int threads, std::vector<pid_t>& into) {
  if (threads == 1) {
    add_numbers(content(fmt::format("/proc/{0}/task/{0}/children", pid)), into);
    return;
  }
  std::error_code error;
  for (fs::directory_iterator it(fmt::format("/proc/{}/task", pid), error), end;
       !error && it != end; it.increment(error)) {
    add_numbers(content((it->path() / "children").string()), into);
  }
}

bool kernel_lists_children() {
  std::error_code error;
  return fs::exists("/proc/thread-self/children", error);
}

/// None of one that has ended. Empty: the kernel does not show what it has open.
std::optional<std::set<Inode>> held_by(pid_t pid, const std::set<Inode>& inodes) {
  std::set<Inode> held;  // two descriptors may be of one
  const auto sockets = sockets_of(pid);
  if (!sockets) {
    const auto entry = process::entry_of(pid);
    return entry && !has_ended(*entry) ? std::nullopt : std::optional(std::move(held));
  }
  for (const auto& [descriptor, inode] : *sockets) {
    if (inodes.contains(inode)) held.insert(inode);
  }
  return held;
}

}  // namespace

pid_t keeper_of(pid_t program) {
  const auto entry = process::entry_of(program);
  return entry ? entry->parent : -1;
}

Population population_below(pid_t root) {
  Population found;
  const auto add = [&](const process::Entry& entry) {
    if (has_ended(entry)) return;
    found.processes.push_back(entry.pid);
    found.threads += entry.threads;
  };
  if (!kernel_lists_children()) {
    for (const process::Entry& entry : process::descendants(root)) add(entry);
    return found;
  }
  constexpr std::size_t most = 100'000;  // a number reused while we look could close a circle
  std::vector<pid_t> to_come;
  if (const auto entry = process::entry_of(root)) add_children(root, entry->threads, to_come);
  for (std::size_t next = 0; next < to_come.size() && next < most; ++next) {
    const auto entry = process::entry_of(to_come[next]);
    if (!entry) continue;
    add(*entry);
    add_children(entry->pid, entry->threads, to_come);
  }
  return found;
}

std::optional<int> most_connections_of_one(std::span<const pid_t> processes, int port) {
  const auto inodes = connections_to(port);
  if (!inodes) return std::nullopt;
  int most = 0;
  for (const pid_t pid : processes) {
    const auto held = held_by(pid, *inodes);
    if (!held) return std::nullopt;
    most = std::max(most, static_cast<int>(held->size()));
  }
  return most;
}

std::optional<int> serving_at(std::span<const pid_t> processes, int port) {
  const auto inodes = accepted_at(port);
  if (!inodes) return std::nullopt;
  std::map<Inode, std::vector<pid_t>> holders;
  for (const pid_t pid : processes) {
    const auto held = held_by(pid, *inodes);
    if (!held) return std::nullopt;
    for (const Inode inode : *held) holders[inode].push_back(pid);
  }
  std::set<pid_t> alone;
  for (const auto& [inode, of] : holders) {
    if (of.size() == 1) alone.insert(of.front());
  }
  return static_cast<int>(alone.size());
}

}  // namespace unrig::host
