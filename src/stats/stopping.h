/// \file
/// When an experiment knows enough: on precision, never on significance. Pure.
#pragma once

#include <cstddef>
#include <span>

#include "stats/interval.h"

namespace unrig::stats {

struct StoppingRule {
  double precision = 0.02;      ///< relative half-width of the ratio's interval to reach, > 0
  std::size_t blocks_min = 10;  ///< below it, a narrow interval is too often luck
};

/// The 95 % interval of a ratio whose number of blocks was chosen by this rule. Stopping where the
/// interval happens to be narrow costs coverage: t at 5 % would cover about 93.6 %. Student's t at
/// 3.5 % brings it back to 95 % (simulated; the test of this module repeats it).
[[nodiscard]] Estimate sequential_ratio_interval(std::span<const double> log_differences);

/// The confidence to ask an interval for that is to hold with `confidence`, where the number of
/// blocks was chosen by this rule: 0.965 for 0.95.
[[nodiscard]] constexpr double sequential_confidence(double confidence) {
  constexpr double share_of_error = 0.7;
  return 1 - share_of_error * (1 - confidence);
}

/// Whether this ratio needs no further block. False without an interval.
[[nodiscard]] bool precise_enough(std::span<const double> log_differences,
                                  const StoppingRule& rule);

}  // namespace unrig::stats
