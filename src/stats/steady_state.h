/// \file
/// Whether a trial had settled when it was measured: a look at figures taken at equal distances
/// (throughput or latency, ten times a second). Pure.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace unrig::stats {

struct DriftRule {
  double tolerance = 0.05;  ///< changes of the level by less, relative to the mean, do not matter
  /// How many standard errors a change must have. The largest of all places is meant, and the error
  /// comes from 12 values itself: hence so many (simulated; the test of this module repeats it).
  double errors_min = 5.5;
};

/// How the level of a series changes within it.
struct Drift {
  enum class Shape {
    not_checked,  ///< fewer than 40 values, or nothing but zeros
    none,         ///< by no more than the tolerance or than its noise explains
    jump,         ///< at one place
    slope,        ///< throughout
  };
  Shape shape = Shape::not_checked;
  std::size_t at = 0;  ///< of a jump: the first value of the new level
  /// Relative to the mean: from before the jump to after it, or from the start to the end.
  double change = 0;
};

/// Fits a jump at every place but the first and the last fifth, and a slope, and takes the one with
/// most standard errors. The noise is that of the slowest 12 waves of what the fit leaves over
/// (an orthonormal series estimator of the long-run variance; Mueller 2007, Sun 2013), so that
/// neighbours which resemble each other do not pass for a change. Values >= 0. More than 100 values
/// are averaged in groups first.
[[nodiscard]] Drift find_drift(std::span<const double> values, const DriftRule& rule = {});

}  // namespace unrig::stats
