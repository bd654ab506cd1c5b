#include "host/census.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/number.h"
#include "base/text.h"
#include "host/as_owner.h"
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

/// By socket, those of the processes that have it open. Empty: the kernel does not show it of one.
using Holders = std::map<Inode, std::vector<pid_t>>;
std::optional<Holders> holders_of(std::span<const pid_t> processes,
                                  std::span<const ConnectionEnd> ends) {
  Holders holders;
  for (const ConnectionEnd& end : ends) holders[end.inode];
  for (const pid_t pid : processes) {
    const auto sockets = sockets_of(pid);
    if (!sockets) {
      const auto entry = process::entry_of(pid);
      if (entry && !has_ended(*entry)) return std::nullopt;
      continue;
    }
    std::set<Inode> own;  // two descriptors may be of one
    for (const auto& [descriptor, inode] : *sockets) {
      const auto found = holders.find(inode);
      if (found != holders.end() && own.insert(inode).second) found->second.push_back(pid);
    }
  }
  return holders;
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

std::optional<Dealings> dealings_of(std::span<const pid_t> processes, int served_at, int asked_at) {
  const auto ends = connection_ends(std::array{served_at, asked_at});
  const auto holders = ends ? holders_of(processes, *ends) : std::nullopt;
  if (!holders) return std::nullopt;
  std::set<pid_t> serving, at_work;
  std::map<pid_t, int> connections;
  for (const ConnectionEnd& end : *ends) {
    const bool is_asked = asked_at != 0 && end.peer_port == asked_at;
    const bool is_served = served_at != 0 && end.port == served_at && end.unread == 0;
    if (!is_asked && !is_served) continue;
    const auto& who = holders->at(end.inode);
    if (is_asked) {
      for (const pid_t pid : who) ++connections[pid];
    }
    if (who.size() != 1) continue;
    at_work.insert(who.front());
    if (is_served) serving.insert(who.front());
  }
  Dealings found{.serving = {serving.begin(), serving.end()},
                 .at_work = {at_work.begin(), at_work.end()}};
  for (const auto& [pid, count] : connections)
    found.most_connections = std::max(found.most_connections, count);
  return found;
}

std::optional<Openers> openers_of(std::span<const pid_t> processes, int port) {
  const auto ends = connection_ends(std::array{port});
  const auto holders = ends ? holders_of(processes, *ends) : std::nullopt;
  if (!holders) return std::nullopt;
  Openers openers;
  for (const ConnectionEnd& end : *ends) {
    const auto& who = holders->at(end.inode);
    if (end.peer_port == port && !who.empty()) openers[end.port] = who;
  }
  return openers;
}

std::set<std::string> programs_of(std::span<const pid_t> processes) {
  constexpr std::string_view replaced = " (deleted)";
  std::set<std::string> found;
  for (const pid_t pid : processes) {
    const AsOwner eyes(pid);
    std::error_code error;
    std::string program = fs::read_symlink(fmt::format("/proc/{}/exe", pid), error).string();
    if (error) continue;
    if (program.ends_with(replaced)) program.resize(program.size() - replaced.size());
    found.insert(std::move(program));
  }
  return found;
}

}  // namespace unrig::host
