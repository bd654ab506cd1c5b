/// \file
/// Whether there are values enough for a quantile to be told. Pure.
#pragma once

#include <cmath>
#include <cstdint>

namespace unrig::stats {

/// Values that must lie beyond a quantile: with ten of them their number, and so the share that the
/// quantile speaks of, is known to about a third (one over the root of ten).
inline constexpr double least_beyond = 10;

/// The fewest values that have a quantile `q` in [0, 1) worth a number.
[[nodiscard]] inline double least_count(double q) {
  constexpr double rounding = 1e-6;  // of 1 - q
  return std::ceil(least_beyond / (1 - q) - rounding);
}

/// Whether `count` values have a quantile `q` in [0, 1) worth a number: P50 needs 20 values, P90
/// 100, P95 200, P99 1,000, P99.9 10,000. Of fewer, it is the mere place of one or two of them.
[[nodiscard]] constexpr bool supports(double q, std::uint64_t count) {
  constexpr double rounding = 1e-6;  // of 1 - q
  return (1 - q) * static_cast<double>(count) >= least_beyond - rounding;
}

}  // namespace unrig::stats
