#include "base/clock.h"

#include <fmt/chrono.h>

#include <ctime>
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

std::optional<WallTime> parse_iso8601(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return WallTime(std::chrono::seconds(::timegm(&parts)));
}

}  // namespace unrig
