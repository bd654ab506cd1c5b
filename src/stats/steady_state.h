/// \file
/// Whether a trial had settled when it was measured. Both tests look at a series of figures taken
/// at equal distances (throughput or latency, second by second). Pure.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace unrig::stats {

/// What is left of a series once its start is cut off.
struct Truncation {
  enum class State {
    not_checked,  ///< the series is too short to say anything
    unsteady,     ///< the best cut lies in the middle or later: it never settled
    steady,
  };
  State state = State::not_checked;
  std::size_t discard = 0;  ///< values to leave out at the start; 0 unless steady
};

/// MSER (White 1997), for `batch` = 5 MSER-5 (White, Cobb and Spratt 2000): the cut after which the
/// standard error of the mean of what remains is smallest, among cuts up to the middle. A rest that
/// fills no batch is left out. Below 25 batches: not checked. batch > 0.
[[nodiscard]] Truncation mser(std::span<const double> values, std::size_t batch = 5);

struct ShiftRule {
  double penalty = 15;      ///< for one more level, times ln(values) (Barrett et al. 2017)
  double tolerance = 0.05;  ///< levels nearer to each other than this, relative, count as one
  double tail_min = 0.25;   ///< share of the series that its last level must have lasted
};

/// The levels of a series and what they make of it (classes of Barrett et al. 2017).
struct Course {
  enum class Shape {
    not_checked,  ///< fewer than 6 values
    flat,         ///< one level throughout
    rising,       ///< settled on its highest level
    falling,      ///< settled, but had been higher before
    unsteady,     ///< the last level came too late to call it settled
  };
  Shape shape = Shape::not_checked;
  std::vector<std::size_t> shifts;  ///< first value of each new level
  std::size_t settled_at = 0;       ///< first value of the last level and those equal to it
};

/// Finds shifts of the mean by penalised least squares, exactly (PELT; Killick, Fearnhead and
/// Eckley 2012). The noise is taken from the differences of neighbours (their median, so that the
/// shifts themselves do not count), and a single odd value is a pause, not a level (running median
/// of three). Values finite.
[[nodiscard]] Course level_shifts(std::span<const double> values, const ShiftRule& rule = {});

}  // namespace unrig::stats
