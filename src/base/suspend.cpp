#include "base/suspend.h"

#include <ctime>

namespace unrig {
namespace {

std::optional<Duration> read(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) return std::nullopt;
  return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
}

}  // namespace

std::optional<Duration> time_suspended() {
  const auto monotonic = read(CLOCK_MONOTONIC);
  const auto since_boot = read(CLOCK_BOOTTIME);
  if (!monotonic || !since_boot) return std::nullopt;
  return *since_boot - *monotonic;
}

std::optional<Duration> day_ahead_of_boot() {
  // Who loses the core between two looks at clocks has looked at two moments: the quickest of some
  // tries has not.
  constexpr int tries = 5;
  std::optional<Duration> ahead;
  Duration quickest = Duration::max();
  for (int i = 0; i < tries; ++i) {
    const auto before = read(CLOCK_BOOTTIME);
    const auto day = read(CLOCK_REALTIME);
    const auto after = read(CLOCK_BOOTTIME);
    if (!before || !day || !after) return std::nullopt;
    if (*after - *before >= quickest) continue;
    quickest = *after - *before;
    ahead = *day - *before;
  }
  return ahead;
}

}  // namespace unrig
