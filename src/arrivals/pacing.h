/// \file
/// How a generator waits for the next intended time. Pure.
#pragma once

#include <chrono>

#include "base/units.h"

namespace unrig::arrivals {

enum class Pacing {
  sleep,   ///< least CPU; late by what the kernel takes to wake a thread
  hybrid,  ///< sleeps until shortly before, then spins
  spin,    ///< one core, always
};

/// How long before the intended time a hybrid wait begins to spin: more than nearly every wake-up
/// of an idle core takes.
inline constexpr Duration spin_margin = std::chrono::microseconds(150);

/// How long the thread may sleep when the next intended time is `ahead` from now: 0 means to look
/// again at once.
[[nodiscard]] constexpr Duration pause(Pacing pacing, Duration ahead) {
  if (ahead <= Duration{0} || pacing == Pacing::spin) return Duration{0};
  if (pacing == Pacing::sleep) return ahead;
  return ahead > spin_margin ? ahead - spin_margin : Duration{0};
}

}  // namespace unrig::arrivals
