/// \file
/// For tests: a clock that moves only when somebody sleeps or tells it to.
#pragma once

#include "base/clock.h"

namespace unrig {

class PlayedClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override { return {}; }
  void sleep_until(Instant when) const override {
    if (when > now_) now_ = when;
  }

 private:
  mutable Instant now_{std::chrono::hours(1)};
};

}  // namespace unrig
