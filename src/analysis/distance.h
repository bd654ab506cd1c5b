/// \file
/// How far a setting would have to move until two cells serve as much. Pure.
#pragma once

#include <string>

#include "analysis/summary.h"

namespace unrig::analysis {

/// Farther than so many times, either way, nothing is extrapolated.
inline constexpr double farthest = 4;

/// For cells that are both bounded by something else, confirmed: which setting of the slower one
/// would have to grow, or of the faster one to shrink, and roughly how far, if throughput goes on
/// to follow it as it did in the one step that was measured (X ~ setting^elasticity): "a is limited
/// by its workers (elasticity 0.91 [0.80, 1.02]): with roughly 1.4 times as many (10 instead of 7)
/// the two would be equal". `ratio`: of the throughputs, a over b. Empty where nothing is confirmed
/// of either.
[[nodiscard]] std::string distance_text(const Row& a, const Row& b, double ratio);

}  // namespace unrig::analysis
