#include "stats/noise_floor.h"

#include <cmath>
#include <numbers>

namespace unrig::stats {

NoiseFloor noise_floor(std::span<const double> log_differences, double confidence) {
  // The standard deviation of a lognormal trial relative to its mean.
  const double log_spread = standard_deviation(log_differences) / std::numbers::sqrt2;
  return {.ratio = ratio_interval(log_differences, confidence),
          .trial_spread = std::sqrt(std::expm1(log_spread * log_spread))};
}

}  // namespace unrig::stats
