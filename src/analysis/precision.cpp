#include "analysis/precision.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/figures.h"
#include "analysis/headline.h"
#include "base/plural.h"
#include "stats/interval.h"
#include "stats/stopping.h"

namespace unrig::analysis {
namespace {

/// More would be no advice.
constexpr std::size_t blocks_worth_naming = 200;
constexpr double asked = stats::sequential_confidence(0.95);  // of fresh blocks

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
                                            std::size_t most, double confidence) {
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
  const auto measured = static_cast<std::size_t>(fresh_blocks(run));
  if (measured == 0) return {};
  if (there < stats::interval_values_min) {
    const std::size_t missing = stats::interval_values_min - there;
    return fmt::format("Both sides must count in {}: unrig run --resume {} --fresh-blocks {}.",
                       counted(missing, "more fresh block"), run.manifest.run, measured + missing);
  }
  const auto needed =
      blocks_to_decide(fresh_log_differences, run.manifest.margin, blocks_worth_naming, asked);
  if (!needed) {
    return fmt::format("Not even {} fresh blocks would tell them apart, if they are like these.",
                       blocks_worth_naming);
  }
  if (*needed == there) return {};
  const std::size_t more = *needed - there;
  return fmt::format(
      "About {} more would tell, if they are like these: unrig run --resume {} --fresh-blocks {}.",
      more, run.manifest.run, measured + more);
}

std::string what_the_others_take(const record::Run& run, const std::string& first,
                                 std::span<const std::string> open, std::size_t ranked) {
  // As ranks are where all pairs hold together (Bonferroni).
  const double pairs = static_cast<double>(ranked * (ranked - 1)) / 2;
  std::size_t most = 0;
  std::vector<std::string> near, too_near;
  for (const std::string& label : open) {
    const auto differences = log_differences(run, throughput, first, label);
    if (differences.size() < stats::interval_values_min) continue;
    const auto needed =
        blocks_to_decide(differences, 0, blocks_worth_naming, 1 - 0.05 / std::max(pairs, 1.0));
    (needed ? near : too_near).push_back(label);
    most = std::max({most, needed.value_or(0), differences.size() + 1});
  }
  std::string text;
  if (!near.empty()) {
    text = fmt::format(
        "{} may be the fastest, too; about {} planned blocks would tell, if they are like these: "
        "the same command with --blocks {}.",
        listed(near), most, most);
  }
  if (!too_near.empty()) {
    text += fmt::format("{}Not even {} planned blocks would tell {} from {}.",
                        text.empty() ? "" : " ", blocks_worth_naming, listed(too_near), first);
  }
  return text;
}

}  // namespace unrig::analysis
