#include "base/clock.h"

#include <fmt/chrono.h>

#include <thread>

namespace unrig {

Instant SystemClock::now() const {
  return std::chrono::steady_clock::now();
}

WallTime SystemClock::wall() const {
  return std::chrono::system_clock::now();
}

void SystemClock::sleep_until(Instant when) const {
  std::this_thread::sleep_until(when);
}

std::string iso8601(WallTime when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(when));
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

}  // namespace unrig
