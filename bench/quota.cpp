// What a busy loop gets under the quota of machine.cpu: CPU time over time, beside what it was
// given.
//     quota [SECONDS]        5 by default, three times for each quota

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "base/clock.h"
#include "host/quota.h"

namespace {

/// The share of one core that a loop of `length` got in the group, or nothing.
std::optional<double> share_in(unrig::host::CpuGroup& group, unrig::Duration length) {
  const unrig::SystemClock clock;
  const pid_t child = ::fork();
  if (child == 0) {
    // Moves the child, not the process that owns the group.
    if (!group.hold_unrig(true)) ::_exit(1);
    const auto end = clock.now() + length;
    while (clock.now() < end) {
    }
    ::_exit(0);
  }
  int status = 0;
  rusage used{};
  if (child < 0 || ::wait4(child, &status, 0, &used) != child || status != 0) return std::nullopt;
  const auto seconds_of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return (seconds_of(used.ru_utime) + seconds_of(used.ru_stime)) / unrig::seconds(length);
}

}  // namespace

int main(int argc, char** argv) {
  using unrig::host::ControlGroups;
  const unrig::SystemClock clock;
  const auto length = std::chrono::seconds(argc > 1 ? std::max(1, std::atoi(argv[1])) : 5);
  auto group = unrig::host::CpuGroup::make(ControlGroups::of_this_machine(), clock);
  if (!group) {
    fmt::print(stderr, "{}\n{}\n", group.error().what, group.error().help);
    return 3;
  }
  fmt::print("machine.cpu  got     difference\n");
  for (const double cpus : {0.1, 0.25, 0.5, 0.95}) {
    if (auto set = group->limit(cpus); !set) {
      fmt::print(stderr, "{}\n", set.error().what);
      return 3;
    }
    for (int time = 0; time < 3; ++time) {
      const auto got = share_in(*group, length);
      if (!got) return 1;
      fmt::print("{:<11}  {:.4f}  {:+.2f} %\n", cpus, *got, (*got / cpus - 1) * 100);
    }
  }
}
