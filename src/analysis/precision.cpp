#include "analysis/precision.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stats/interval.h"

namespace unrig::analysis {
namespace {

/// More would be no advice.
constexpr std::size_t blocks_worth_naming = 200;
/// As stats::sequential_ratio_interval() has it.
constexpr double confidence = 0.965;

int fresh_blocks(const record::Run& run) {
  int first = 0, last = -1;
  for (const auto& trial : run.trials) {
    if (trial.purpose != record::Purpose::confirmation) continue;
    if (last < 0) first = trial.block;
    last = std::max(last, trial.block);
  }
  return last - first + 1;
}

}  // namespace

std::optional<std::size_t> blocks_to_decide(std::span<const double> log_differences, double margin,
                                            std::size_t most) {
  const std::size_t there = log_differences.size();
  if (there < stats::interval_values_min) return std::nullopt;
  const double mean = std::abs(stats::mean(log_differences));
  const double deviation = stats::standard_deviation(log_differences);
  for (std::size_t n = there; n <= most; ++n) {
    const double half =
        stats::t_factor(confidence, n) * deviation / std::sqrt(static_cast<double>(n));
    if (half < mean || mean + half <= std::log1p(margin)) return n;
  }
  return std::nullopt;
}

std::string what_it_takes(const record::Run& run, std::span<const double> fresh_log_differences) {
  const std::size_t there = fresh_log_differences.size();
  if (there < stats::interval_values_min) return {};
  const auto needed =
      blocks_to_decide(fresh_log_differences, run.manifest.margin, blocks_worth_naming);
  if (!needed) {
    return fmt::format("Not even {} fresh blocks would tell them apart, if they are like these.",
                       blocks_worth_naming);
  }
  if (*needed == there) return {};
  const std::size_t more = *needed - there;
  return fmt::format(
      "About {} more would tell, if they are like these: unrig run --resume {} --confirm {}.", more,
      run.manifest.run, static_cast<std::size_t>(fresh_blocks(run)) + more);
}

}  // namespace unrig::analysis
