#include "stats/bootstrap.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace unrig::stats {
namespace {

/// Sorted.
std::vector<double> resampled(std::size_t blocks, const BlockStatistic& statistic,
                              RandomStream& random, std::size_t resamples) {
  std::vector<double> values(resamples);
  std::vector<std::size_t> drawn(blocks);
  for (double& value : values) {
    for (std::size_t& block : drawn) block = random.below(blocks);
    value = statistic(drawn);
    if (!std::isfinite(value)) return {};
  }
  std::ranges::sort(values);
  return values;
}

/// From the skewness of the jackknife values; 0 when they are all the same, NaN when one is not
/// finite.
double acceleration(std::size_t blocks, const BlockStatistic& statistic) {
  std::vector<double> without(blocks);
  std::vector<std::size_t> kept(blocks - 1);
  for (std::size_t left_out = 0; left_out < blocks; ++left_out) {
    for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = i + (i >= left_out ? 1 : 0);
    without[left_out] = statistic(kept);
  }
  const double middle = mean(without);
  double squares = 0;
  double cubes = 0;
  for (const double value : without) {
    squares += std::pow(middle - value, 2);
    cubes += std::pow(middle - value, 3);
  }
  return squares == 0 ? 0 : cubes / (6 * std::pow(squares, 1.5));
}

/// Phi^-1 of the share of `sorted` below `estimate`, ties counted half.
double bias_correction(std::span<const double> sorted, double estimate) {
  const auto [first, last] = std::ranges::equal_range(sorted, estimate);
  const auto below = static_cast<double>(first - sorted.begin());
  const auto ties = static_cast<double>(last - first);
  const auto all = static_cast<double>(sorted.size());
  const double share = std::clamp((below + ties / 2) / all, 0.5 / all, 1 - 0.5 / all);
  return boost::math::quantile(boost::math::normal(), share);
}

}  // namespace

Estimate bca_interval(std::size_t blocks, const BlockStatistic& statistic, RandomStream& random,
                      const BootstrapRule& rule) {
  Estimate result{.estimate = std::numeric_limits<double>::quiet_NaN(),
                  .confidence = rule.confidence};
  if (blocks == 0) return result;
  std::vector<std::size_t> all(blocks);
  std::iota(all.begin(), all.end(), std::size_t{0});
  result.estimate = statistic(all);
  if (blocks < std::max(rule.blocks_min, interval_values_min)) return result;

  const std::vector<double> sorted = resampled(blocks, statistic, random, rule.resamples);
  const double a = acceleration(blocks, statistic);
  if (sorted.empty() || !std::isfinite(a) || !std::isfinite(result.estimate)) return result;
  const double z0 = bias_correction(sorted, result.estimate);
  const boost::math::normal normal;
  const auto bound = [&](double probability) {
    const double z = z0 + boost::math::quantile(normal, probability);
    const double share = boost::math::cdf(normal, z0 + z / (1 - a * z));
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size() + 1));
    return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
  };
  result.low = bound((1 - rule.confidence) / 2);
  result.high = bound((1 + rule.confidence) / 2);
  return result;
}

}  // namespace unrig::stats
