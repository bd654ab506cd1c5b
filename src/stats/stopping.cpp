#include "stats/stopping.h"

#include <cassert>

namespace unrig::stats {

Estimate sequential_ratio_interval(std::span<const double> log_differences) {
  Estimate ratio = block_ratio_interval(log_differences, {}, sequential_confidence(0.95));
  ratio.confidence = 0.95;
  return ratio;
}

bool precise_enough(std::span<const double> log_differences, const StoppingRule& rule) {
  assert(rule.precision > 0);
  if (log_differences.size() < rule.blocks_min) return false;
  const auto half_width = relative_half_width(sequential_ratio_interval(log_differences));
  return half_width && *half_width <= rule.precision;
}

}  // namespace unrig::stats
