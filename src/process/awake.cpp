#include "process/awake.h"

#include <fmt/format.h>
#include <sys/types.h>
#include <unistd.h>

#include <csignal>

#include "process/tree.h"

namespace unrig::process {
namespace {

void wake(const Entry& entry) {
  if (entry.state != 'T' || ::kill(entry.pid, SIGCONT) != 0) return;
  tell(
      fmt::format("the {} (process {}) was stopped by somebody: continued", entry.name, entry.pid));
}

}  // namespace

void tell(std::string_view what) {
  fmt::print(stderr, "unrig: {}\n", what);
}

void wake(pid_t process) {
  if (const auto entry = entry_of(process)) wake(*entry);
}

void wake_below(pid_t guard) {
  const auto all = tree(guard);
  for (const Entry& each : all) {
    // Keepers are in the guard's group; programs lead groups of their own.
    if (each.pid == guard || each.group == all.front().group) wake(each);
  }
}

}  // namespace unrig::process
