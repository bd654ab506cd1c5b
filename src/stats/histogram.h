/// \file
/// HdrHistogram (Tene): counts of values with 3 significant digits from 1 ns to 1 h. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "base/units.h"

namespace unrig::stats {

/// Records durations of 0 ns to 1 h; larger ones count as 1 h. Relative error of a value below
/// 0.1 %. Merging loses nothing. Not thread-safe: one per thread, merged at the end.
class Histogram {
 public:
  Histogram();

  void record(Duration value) { record(value, 1); }
  void record(Duration value, std::uint64_t count);
  void merge(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] Duration min() const;   ///< 0 when empty
  [[nodiscard]] Duration max() const;   ///< exact, not the bucket's; 0 when empty
  [[nodiscard]] double mean_ns() const;  ///< of bucket middles; 0 when empty
  /// Smallest recorded value such that at least the fraction `q` of all is not above it (its
  /// bucket's upper end, at most max()). q in [0, 1]; 0 when empty.
  [[nodiscard]] Duration quantile(double q) const;
};

}  // namespace unrig::stats
