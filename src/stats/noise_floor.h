/// \file
/// What a stack compared with itself shows: the differences that mean nothing. Pure.
#pragma once

#include <span>

#include "stats/interval.h"

namespace unrig::stats {

struct NoiseFloor {
  Estimate ratio;           ///< of the stack to its double; its interval should cover 1
  double trial_spread = 0;  ///< relative standard deviation of one trial within its block
};

/// From one log_difference ln(stack) - ln(its double) per block. A block's drift is in neither
/// figure. The spread is that of the difference divided by sqrt 2, because two trials make it; 0
/// for fewer than two blocks.
[[nodiscard]] NoiseFloor noise_floor(std::span<const double> log_differences,
                                     double confidence = 0.95);

}  // namespace unrig::stats
