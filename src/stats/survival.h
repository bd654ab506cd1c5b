/// \file
/// Quantiles of times of which some had not ended when they were last seen. Pure.
#pragma once

#include "stats/histogram.h"

namespace unrig::stats {

/// A time, or that it is longer than this.
struct Bounded {
  Duration value{0};
  bool at_least = false;
};

/// The product-limit estimate (Kaplan and Meier, J. Am. Stat. Assoc. 53, 1958): who was last seen
/// waiting counts among those who wait for so long, and says nothing of longer times. Where all
/// were given up after the same time it is the plain quantile of all. Both must outlive it.
class Survival {
 public:
  Survival(const Histogram& ended, const Histogram& unended) : ended_(ended), unended_(unended) {}

  [[nodiscard]] std::uint64_t count() const { return ended_.count() + unended_.count(); }
  /// q in [0, 1). With none unended the histogram's own quantile.
  [[nodiscard]] Bounded quantile(double q) const;
  [[nodiscard]] Bounded max() const;
  /// Nanoseconds, with each that did not end taken for as long as it was seen; a lower bound where
  /// there is any.
  [[nodiscard]] double least_mean_ns() const;
  [[nodiscard]] bool all_ended() const { return unended_.count() == 0; }

 private:
  const Histogram& ended_;
  const Histogram& unended_;
};

}  // namespace unrig::stats
