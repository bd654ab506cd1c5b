/// \file
/// The additive fit ln X = stack + block + noise (two-way analysis of variance by least squares)
/// for tables with gaps: stacks that left after some blocks, or failed in some. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "stats/blocks.h"
#include "stats/interval.h"

namespace unrig::stats {

/// Assumes that all stacks are equally noisy, which the paired ratio of two stacks does not need;
/// in return it also compares stacks that share few blocks, or none, through the others, and its
/// ratios are consistent: A/B = A/C * C/B. Without gaps the ratios are the paired ones.
class TwoWayFit {
 public:
  explicit TwoWayFit(const BlockTable& table);

  /// The stack's logarithm above the mean of all stacks that it is connected with; 0 for a stack
  /// that was never measured. Good for ordering a table.
  [[nodiscard]] const std::vector<double>& stack_effects() const { return effects_; }
  /// Standard deviation of one trial's logarithm once stack and block are known; 0 when there are
  /// no degrees of freedom.
  [[nodiscard]] double residual_deviation() const { return residual_deviation_; }
  [[nodiscard]] std::size_t degrees_of_freedom() const { return degrees_of_freedom_; }
  /// a over b. NaN when no chain of common blocks connects them; no interval below two degrees of
  /// freedom (as for fewer than three pairs).
  [[nodiscard]] Estimate ratio(std::size_t a, std::size_t b, double confidence = 0.95) const;

 private:
  std::vector<std::size_t> component_;  // of stacks connected through common blocks
  std::vector<double> effects_;
  std::vector<double> inverse_;  // of the normal equations, stacks * stacks, row by row
  double residual_deviation_ = 0;
  std::size_t degrees_of_freedom_ = 0;
};

}  // namespace unrig::stats
