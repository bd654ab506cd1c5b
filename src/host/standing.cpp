#include "host/standing.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>

#include <cerrno>

#include "base/text.h"

namespace unrig::host {
namespace {

std::string policy_text(int policy) {
  switch (policy & ~SCHED_RESET_ON_FORK) {
    case SCHED_OTHER:
      return {};
    case SCHED_BATCH:
      return ", SCHED_BATCH";
    case SCHED_IDLE:
      return ", SCHED_IDLE";
    case SCHED_FIFO:
      return ", SCHED_FIFO";
    case SCHED_RR:
      return ", SCHED_RR";
    default:
      return fmt::format(", scheduling policy {}", policy);
  }
}

}  // namespace

bool Standing::is_reset_by_fork() const {
  return (policy & SCHED_RESET_ON_FORK) != 0;
}

std::optional<Standing> standing_of(pid_t process) {
  cpu_set_t cores;
  if (::sched_getaffinity(process, sizeof cores, &cores) != 0) return std::nullopt;
  Standing found;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &cores)) found.cores.push_back(core);
  }
  errno = 0;  // -1 is a nice value, too
  found.nice = ::getpriority(PRIO_PROCESS, static_cast<id_t>(process));
  if (errno != 0) return std::nullopt;
  found.policy = ::sched_getscheduler(process);
  if (found.policy < 0) return std::nullopt;
  return found;
}

std::string to_text(const Standing& standing) {
  std::vector<std::string> ranges;
  const auto& cores = standing.cores;
  for (std::size_t first = 0, last = 0; first < cores.size(); first = last + 1) {
    last = first;
    while (last + 1 < cores.size() && cores[last + 1] == cores[last] + 1) ++last;
    ranges.push_back(first == last ? std::to_string(cores[first])
                                   : fmt::format("{}-{}", cores[first], cores[last]));
  }
  return fmt::format("cores {}, nice {}{}", join(ranges, ", "), standing.nice,
                     policy_text(standing.policy));
}

}  // namespace unrig::host
