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

}  // namespace unrig
