#include "stats/interval.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

namespace unrig::stats {
namespace {

Estimate exp_of(Estimate logarithm) {
  logarithm.estimate = std::exp(logarithm.estimate);
  if (logarithm.low) logarithm.low = std::exp(*logarithm.low);
  if (logarithm.high) logarithm.high = std::exp(*logarithm.high);
  return logarithm;
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

Estimate positive_interval(std::span<const double> values, double confidence) {
  assert(std::ranges::all_of(values, [](double value) { return value >= 0; }));
  if (std::ranges::find(values, 0.0) != values.end())
    return {.estimate = 0, .confidence = confidence};
  std::vector<double> logarithms;
  for (const double value : values) logarithms.push_back(std::log(value));
  return exp_of(mean_interval(logarithms, confidence));
}

std::optional<double> relative_half_width(const Estimate& ratio) {
  if (!ratio.low || !ratio.high || *ratio.low <= 0) return std::nullopt;
  return std::sqrt(*ratio.high / *ratio.low) - 1;
}

}  // namespace unrig::stats
