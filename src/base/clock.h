/// \file
/// Time as a value passed in. Nothing outside `base` reads a clock by itself (tools/tidy.py
/// checks).
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/units.h"

namespace unrig {

/// A point on the monotonic clock (CLOCK_MONOTONIC), nanoseconds.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// A point of calendar time (UTC), nanoseconds.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
  [[nodiscard]] virtual WallTime wall() const = 0;
  /// Returns at `when` or later, at once if it has passed.
  virtual void sleep_until(Instant when) const = 0;

  void sleep_for(Duration length) const { sleep_until(now() + length); }
};

/// The clocks of the kernel. Safe to use from every thread.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] WallTime wall() const override;
  void sleep_until(Instant when) const override;
};

/// What is left from `now` until `when` in the unit of poll(2), rounded up; at least 0.
[[nodiscard]] inline int poll_time(Instant when, Instant now) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - now).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

/// "2026-11-24T10:32:11Z"
[[nodiscard]] std::string iso8601(WallTime when);
/// The same text read back. Empty when it is none.
[[nodiscard]] std::optional<WallTime> parse_iso8601(const std::string& text);

}  // namespace unrig
