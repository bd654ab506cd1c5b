/// \file
/// Quantities with their unit in the type, and the texts users write for them.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace unrig {

using Duration = std::chrono::nanoseconds;

[[nodiscard]] constexpr double seconds(Duration d) {
  return static_cast<double>(d.count()) / 1e9;  // exact where the seconds are whole
}
[[nodiscard]] constexpr double microseconds(Duration d) {
  return static_cast<double>(d.count()) * 1e-3;
}
[[nodiscard]] constexpr Duration from_seconds(double s) {
  return Duration(static_cast<std::int64_t>(s * 1e9 + (s < 0 ? -0.5 : 0.5)));
}

/// Events per second.
struct Rate {
  double per_second = 0;
  auto operator<=>(const Rate&) const = default;
};

/// "20ms", "1.5s", "10m", "1h", "250us", "40ns". The unit is required, except for "0".
/// Error: usage, when it is no such text, negative, or beyond 292 years.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

/// "1000/s", "2.5/s", "60/m". The unit is required. Error: usage; zero and below are errors too.
[[nodiscard]] Result<Rate> parse_rate(std::string_view text);

/// "2%" or "0.02" as 0.02. Error: usage, when it is not above 0 and below 1.
[[nodiscard]] Result<double> parse_fraction(std::string_view text);

/// The shortest text that parse_duration reads back as `d`: "20ms", "1.5s", "90s".
[[nodiscard]] std::string to_text(Duration d);

/// For people: "153 ms", "4m 05s", "1.20 s".
[[nodiscard]] std::string human(Duration d);

}  // namespace unrig
