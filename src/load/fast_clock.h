/// \file
/// The time stamps of requests: a few nanoseconds each, on the time line of CLOCK_MONOTONIC.
#pragma once

#include <cstdint>

#include "base/clock.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace unrig::load {

/// Reads the time stamp counter of the processor where that runs at a constant rate in every state
/// of power and agrees with the clock, and the clock everywhere else. Safe to use from every
/// thread. `clock` must outlive it.
class FastClock {
 public:
  /// Asks `clock` every time.
  explicit FastClock(const Clock& clock) : clock_(&clock) {}
  /// Compares counter and clock for some 10 ms. `clock` must be the kernel's.
  static FastClock calibrated(const Clock& clock);

  [[nodiscard]] Instant now() const {
#if defined(__x86_64__)
    if (scale_ != 0) {
      // 64 bits of ticks times some 40 of scale do not fill 128.
      const auto ticks = static_cast<unsigned __int128>(__rdtsc() - first_tick_);
      return first_instant_ + Duration{static_cast<std::int64_t>((ticks * scale_) >> scale_bits)};
    }
#endif
    return clock_->now();
  }
  [[nodiscard]] bool counts_ticks() const {
    return scale_ != 0;
  }

 private:
  static constexpr int scale_bits = 40;
  const Clock* clock_;
  std::uint64_t first_tick_ = 0;
  Instant first_instant_;
  std::uint64_t scale_ = 0;  // nanoseconds per tick, times 2^scale_bits; 0: use the clock
};

}  // namespace unrig::load
