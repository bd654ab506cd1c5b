#include "stats/interval.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

#include "stats/neighbours.h"

namespace unrig::stats {
namespace {

Estimate exp_of(Estimate logarithm) {
  logarithm.estimate = std::exp(logarithm.estimate);
  if (logarithm.low) logarithm.low = std::exp(*logarithm.low);
  if (logarithm.high) logarithm.high = std::exp(*logarithm.high);
  return logarithm;
}

/// The t for a difference of two independent means, from the square of each one's standard error.
/// Degrees of freedom by Welch and Satterthwaite. Without any spread there are no degrees to speak
/// of, and t does not matter: 0.
double welch_factor(double part_a, double degrees_a, double part_b, double degrees_b,
                    double confidence) {
  if (!(part_a + part_b > 0)) return 0;
  const double degrees =
      std::pow(part_a + part_b, 2) / (part_a * part_a / degrees_a + part_b * part_b / degrees_b);
  return t_quantile(0.5 + 0.5 * confidence, degrees);
}

double standard_error(std::span<const double> values) {
  return standard_deviation(values) / std::sqrt(static_cast<double>(values.size()));
}

/// Third moment over the third power of the deviation, divisor n; deviation > 0.
double skewness(std::span<const double> values) {
  const double middle = mean(values);
  double squares = 0;
  double cubes = 0;
  for (const double value : values) {
    squares += std::pow(value - middle, 2);
    cubes += std::pow(value - middle, 3);
  }
  return cubes * std::sqrt(static_cast<double>(values.size())) / std::pow(squares, 1.5);
}

/// How many standard deviations from the mean the end lies that a symmetric sample would have at
/// `t` standard errors (Hall's transformation, inverted, within its bounds).
double transformed(double t, double skew, std::size_t values) {
  const auto n = static_cast<double>(values);
  const double students = t / std::sqrt(n);
  if (std::abs(skew) < 1e-6) return students;
  const double straight = students - skew / (6 * n);
  const double end = 3 / skew * (std::cbrt(1 + skew * straight) - 1);
  return students * std::clamp(end / students, skew_nearest, skew_farthest);
}

std::vector<double> logarithms_of(std::span<const double> values) {
  std::vector<double> logarithms;
  for (const double value : values) logarithms.push_back(std::log(value));
  return logarithms;
}

}  // namespace

double t_quantile(double probability, double degrees) {
  return boost::math::quantile(boost::math::students_t(degrees), probability);
}

double t_factor(double confidence, std::size_t values) {
  assert(confidence > 0 && confidence < 1 && values >= 2);
  return t_quantile(0.5 + 0.5 * confidence, static_cast<double>(values - 1));
}

double mean(std::span<const double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double standard_deviation(std::span<const double> values) {
  if (values.size() < 2) return 0;
  const double middle = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - middle) * (value - middle);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

Estimate mean_interval(std::span<const double> values, double confidence) {
  Estimate result{.estimate = mean(values), .confidence = confidence};
  if (values.size() < interval_values_min) return result;
  const double half_width = t_factor(confidence, values.size()) * standard_deviation(values) /
                            std::sqrt(static_cast<double>(values.size()));
  result.low = result.estimate - half_width;
  result.high = result.estimate + half_width;
  return result;
}

Estimate ratio_interval(std::span<const double> log_differences, double confidence) {
  return exp_of(mean_interval(log_differences, confidence));
}

Estimate block_ratio_interval(std::span<const double> log_differences, const Allowance& allowance,
                              double confidence) {
  Estimate result{.estimate = mean(log_differences), .confidence = confidence};
  const std::size_t n = log_differences.size();
  if (n < interval_values_min) return exp_of(result);
  const double deviation = standard_deviation(log_differences);
  const Widening wider = widening(allowance.correlation, n);
  const double t = wider.factor * t_quantile(0.5 + 0.5 * confidence, wider.degrees);
  const double skew = n < skew_values_min || deviation == 0 ? 0 : skewness(log_differences);
  result.low = result.estimate - deviation * transformed(t, skew, n);
  result.high = result.estimate - deviation * transformed(-t, skew, n);
  return moved_apart(exp_of(result), allowance.counting);
}

Estimate moved_apart(Estimate ratio, double counting) {
  if (!std::isfinite(counting)) {
    ratio.low = ratio.high = std::nullopt;
  } else if (ratio.low) {
    *ratio.low *= std::exp(-counting);
    *ratio.high *= std::exp(counting);
  }
  return ratio;
}

Estimate positive_interval(std::span<const double> values, double confidence) {
  assert(std::ranges::all_of(values, [](double value) { return value >= 0; }));
  if (std::ranges::find(values, 0.0) != values.end())
    return {.estimate = 0, .confidence = confidence};
  return exp_of(mean_interval(logarithms_of(values), confidence));
}

Estimate paired_ratio_of_means_interval(std::span<const double> a, std::span<const double> b,
                                        double confidence) {
  assert(a.size() == b.size());
  const double mean_a = mean(a);
  const double mean_b = mean(b);
  Estimate result{.estimate = mean_a / mean_b, .confidence = confidence};
  if (a.size() < interval_values_min) return result;
  const auto n = static_cast<double>(a.size());
  double shared = 0;
  for (std::size_t i = 0; i < a.size(); ++i) shared += (a[i] - mean_a) * (b[i] - mean_b);
  const double t = t_factor(confidence, a.size());
  const double reach = t * t / (n * (n - 1));
  // Ends are the roots of square * ratio^2 - 2 * middle * ratio + rest.
  const auto squares = [&](std::span<const double> values) {
    return std::pow(standard_deviation(values), 2) * (n - 1);
  };
  const double square = mean_b * mean_b - reach * squares(b);
  const double middle = mean_a * mean_b - reach * shared;
  const double rest = mean_a * mean_a - reach * squares(a);
  if (!(square > 0)) return result;
  const double root = std::sqrt(std::max(0.0, middle * middle - square * rest));
  result.low = (middle - root) / square;
  result.high = (middle + root) / square;
  return result;
}

Estimate independent_ratio_interval(std::span<const double> a, std::span<const double> b,
                                    double confidence, const Allowance& of_a,
                                    const Allowance& of_b) {
  assert(std::ranges::all_of(a, [](double value) { return value > 0; }));
  assert(std::ranges::all_of(b, [](double value) { return value > 0; }));
  const auto log_a = logarithms_of(a);
  const auto log_b = logarithms_of(b);
  Estimate result{.estimate = mean(log_a) - mean(log_b), .confidence = confidence};
  if (a.size() < interval_values_min || b.size() < interval_values_min) return exp_of(result);
  const Widening wider_a = widening(of_a.correlation, a.size());
  const Widening wider_b = widening(of_b.correlation, b.size());
  const double part_a = std::pow(wider_a.factor * standard_error(log_a), 2);
  const double part_b = std::pow(wider_b.factor * standard_error(log_b), 2);
  const double t = welch_factor(part_a, wider_a.degrees, part_b, wider_b.degrees, confidence);
  const double reach = t * std::sqrt(part_a + part_b);
  result.low = result.estimate - reach;
  result.high = result.estimate + reach;
  return moved_apart(exp_of(result), of_a.counting + of_b.counting);
}

std::optional<double> relative_half_width(const Estimate& ratio) {
  if (!ratio.low || !ratio.high || *ratio.low <= 0) return std::nullopt;
  return std::sqrt(*ratio.high / *ratio.low) - 1;
}

}  // namespace unrig::stats
