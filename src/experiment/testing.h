/// \file
/// For tests of this module: time that is played.
#pragma once

#include <algorithm>
#include <functional>

#include "base/clock.h"

namespace unrig::experiment {

/// Time passes only when somebody sleeps.
class PlayedClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override { return {}; }
  void sleep_until(Instant when) const override {
    now_ = std::max(now_, when);
    if (on_sleep) on_sleep();
  }
  std::function<void()> on_sleep;

 private:
  mutable Instant now_{};
};

}  // namespace unrig::experiment
