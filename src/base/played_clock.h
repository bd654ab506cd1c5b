/// \file
/// For tests: a clock that moves only when somebody sleeps or tells it to.
#pragma once

#include <algorithm>
#include <functional>

#include "base/clock.h"

namespace unrig {

class PlayedClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override { return WallTime(now_ - begin); }
  void sleep_until(Instant when) const override {
    now_ = std::max(now_, when);
    if (on_sleep) on_sleep();
  }
  std::function<void()> on_sleep;  ///< after each sleep

 private:
  static constexpr Instant begin{std::chrono::hours(1)};
  mutable Instant now_ = begin;
};

}  // namespace unrig
