/// \file
/// Confidence intervals of means and ratios over trials. The unit is the trial (or the block of
/// trials), never the request. Pure; every function is safe to call from every thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace unrig::stats {

/// Fewer values than this get an estimate but no interval.
inline constexpr std::size_t interval_values_min = 3;

/// A figure and the interval that covers its true value with probability `confidence`.
struct Estimate {
  double estimate = 0;             ///< NaN when there was no value at all
  std::optional<double> low = {};  ///< both or neither
  std::optional<double> high = {};
  double confidence = 0.95;  ///< in (0, 1)
};

/// The t with `degrees` degrees of freedom that a fraction `probability` lies below.
/// probability in (0, 1), degrees > 0.
[[nodiscard]] double t_quantile(double probability, double degrees);

/// The two-sided t for an interval at `confidence` over `values` values, values >= 2.
[[nodiscard]] double t_factor(double confidence, std::size_t values);

/// NaN of nothing.
[[nodiscard]] double mean(std::span<const double> values);

/// The sample's standard deviation, divisor n - 1; 0 for fewer than two values.
[[nodiscard]] double standard_deviation(std::span<const double> values);

/// Mean and Student's t interval. Without spread the interval is a point.
[[nodiscard]] Estimate mean_interval(std::span<const double> values, double confidence = 0.95);

/// The ratio A over B from one log_difference ln(A) - ln(B) per block in which both were measured:
/// exp of the mean difference and of its t interval. What a block did to both cancels, and ratios
/// multiply: A/B = A/C * C/B.
[[nodiscard]] Estimate ratio_interval(std::span<const double> log_differences,
                                      double confidence = 0.95);

/// What an interval over trials has to allow for beyond their spread.
struct Allowance {
  double correlation = 0;  ///< of a trial with the next one (stats/neighbours.h)
  /// What counting whole requests may have taken from or added to the logarithm, the same way in
  /// every trial; infinite where nothing is known.
  double counting = 0;
  friend bool operator==(const Allowance&, const Allowance&) = default;
};

/// Fewer log differences than this say nothing of how lopsided their noise is.
inline constexpr std::size_t skew_values_min = 5;
/// An end that follows the skewness lies this much nearer to the mean than Student's at most, and
/// this much farther. A single outlier makes the cubic steep: without a bound it reaches four times
/// as far, and covers hardly more for it (simulated: bench/coverage.cpp).
inline constexpr double skew_nearest = 0.9;
inline constexpr double skew_farthest = 1.5;

/// The same with what the blocks show beyond their spread. From skew_values_min on the ends follow
/// the skewness of the differences (the cubic transformation of t: Hall 1992) between the bounds
/// above, because a stack's slow trials often reach farther than its fast ones; where that is 0 it
/// is Student's interval.
[[nodiscard]] Estimate block_ratio_interval(std::span<const double> log_differences,
                                            const Allowance& allowance, double confidence = 0.95);

/// Both ends moved outward by a factor of exp(`counting`); without any where it is infinite.
[[nodiscard]] Estimate moved_apart(Estimate ratio, double counting);

/// A quantity that cannot be negative (throughput, latency, sessions): geometric mean and t
/// interval on the log scale, so that low stays above 0. Values must be >= 0; a value of 0 makes
/// the estimate 0 and leaves no interval.
[[nodiscard]] Estimate positive_interval(std::span<const double> values, double confidence = 0.95);

/// The ratio of the means of two figures that were counted together, a[i] and b[i] in the same
/// block: all ratios for which the mean of a - ratio * b may be 0 by Student's t (Fieller 1954). No
/// interval below three blocks, nor where the mean of b may be 0. As many values on either side.
[[nodiscard]] Estimate paired_ratio_of_means_interval(std::span<const double> a,
                                                      std::span<const double> b,
                                                      double confidence = 0.95);

/// The ratio A over B of two geometric means measured independently, in two runs that share no
/// blocks: exp of the difference of the mean logarithms and of its t interval, degrees of freedom
/// by Welch and Satterthwaite. Values must be > 0.
[[nodiscard]] Estimate independent_ratio_interval(std::span<const double> a,
                                                  std::span<const double> b,
                                                  double confidence = 0.95,
                                                  const Allowance& of_a = {},
                                                  const Allowance& of_b = {});

/// How far the interval of a ratio (or of a positive quantity) reaches to either side, as a
/// fraction: 0.02 for "within 2 %"; sqrt(high / low) - 1. Empty without an interval above 0.
[[nodiscard]] std::optional<double> relative_half_width(const Estimate& ratio);

}  // namespace unrig::stats
