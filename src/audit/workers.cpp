#include "audit/workers.h"

#include <algorithm>

namespace unrig::audit {

std::vector<pid_t> Workers::pids() const {
  std::vector<pid_t> found;
  for (const Worker& worker : all) found.push_back(worker.pid);
  return found;
}

const Worker* Workers::find(pid_t pid) const {
  const auto found = std::ranges::find(all, pid, &Worker::pid);
  return found == all.end() ? nullptr : &*found;
}

Worker* Workers::find(pid_t pid) {
  const auto found = std::ranges::find(all, pid, &Worker::pid);
  return found == all.end() ? nullptr : &*found;
}

void Looks::add(const Look& look) {
  std::map<host::Inode, std::set<pid_t>> by;
  for (const auto& [pid, sockets] : look.sockets) {
    int now = 0;
    for (const auto& [descriptor, inode] : sockets) {
      if (!look.at.accepted.contains(inode) || !by[inode].insert(pid).second) continue;
      held_[pid].insert(inode);
      ++now;
    }
    most_[pid] = std::max(most_[pid], now);
  }
  std::map<host::Inode, pid_t> only;
  std::map<host::Inode, int> unheld;
  for (const host::Inode inode : look.at.accepted) {
    const auto& who = by[inode];
    if (who.empty()) unheld[inode] = unheld_[inode] + 1;
    if (who.size() != 1) continue;
    const pid_t holder = only[inode] = *who.begin();
    const auto before = only_.find(inode);
    if (before == only_.end() || before->second != holder) continue;
    if (std::ranges::find(holders_, holder) == holders_.end()) holders_.push_back(holder);
  }
  by_ = std::move(by);
  only_ = std::move(only);
  unheld_ = std::move(unheld);
}

int Looks::accepts(pid_t process) const {
  const auto found = held_.find(process);
  return found == held_.end() ? 0 : static_cast<int>(found->second.size());
}

int Looks::most_held(pid_t process) const {
  const auto found = most_.find(process);
  return found == most_.end() ? 0 : found->second;
}

bool Looks::has_passed_on(pid_t process) const {
  const auto held = held_.find(process);
  if (held == held_.end()) return false;
  bool passed = false;
  for (const host::Inode inode : held->second) {
    const auto now = by_.find(inode);
    if (now == by_.end() || now->second.empty()) continue;
    if (now->second.contains(process)) return false;
    passed = true;
  }
  return passed;
}

std::set<host::Inode> Looks::held_elsewhere() const {
  constexpr int looks = 3;
  std::set<host::Inode> found;
  for (const auto& [inode, times] : unheld_) {
    if (times >= looks) found.insert(inode);
  }
  return found;
}

}  // namespace unrig::audit
