#include "analysis/gates_of_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <string>
#include <utility>

#include "base/random.h"
#include "base/text.h"
#include "stats/blocks.h"
#include "stats/coarse.h"
#include "stats/neighbours.h"
#include "stats/proportion.h"
#include "stats/support.h"

namespace unrig::analysis {
namespace {

using Seconds = std::vector<tally::Second>;

constexpr std::array quantiles_of_load{
    std::pair{0.50, &record::Times::p50}, std::pair{0.90, &record::Times::p90},
    std::pair{0.95, &record::Times::p95}, std::pair{0.99, &record::Times::p99},
    std::pair{0.999, &record::Times::p999}};

/// The middle of a slot is so far from its ends.
constexpr double coarseness = 1.0 / (2 << stats::CoarseHistogram::bits);

GateFigure nothing(std::string why) {
  return {stats::ratio_interval({}), std::move(why)};
}

/// The whole seconds of the window.
Seconds seconds_within(const record::LoadRun& run) {
  const auto first = static_cast<std::size_t>(std::ceil(run.warmup_seconds));
  const auto end = std::min(run.series.size(),
                            static_cast<std::size_t>(run.warmup_seconds + run.window_seconds));
  if (first >= end) return {};
  return {run.series.begin() + static_cast<std::ptrdiff_t>(first),
          run.series.begin() + static_cast<std::ptrdiff_t>(end)};
}

/// `exact`, with an interval as wide as the figures of the stretches scatter.
stats::Estimate scattered(double exact, const std::vector<double>& stretches, double counting,
                          std::uint64_t seed, double confidence) {
  stats::BlockTable table(1, stretches.size());
  for (std::size_t i = 0; i < stretches.size(); ++i) table.set(i, 0, stretches[i]);
  RandomStream random(seed, "order of the stretches");
  const auto likeness = stats::likeness(table, random, {.within_blocks = false});
  std::vector<double> logarithms;
  for (const double value : stretches) logarithms.push_back(std::log(value));
  auto found = stats::block_ratio_interval(
      logarithms, {.correlation = likeness ? likeness->correlation : 0, .counting = counting},
      confidence);
  const double shift = exact / found.estimate;
  found.estimate = exact;
  if (found.low) {
    *found.low *= shift;
    *found.high *= shift;
  }
  return found;
}

GateFigure throughput_of(const record::LoadRun& run, const Seconds& seconds, double confidence) {
  std::vector<double> stretches;
  for (const auto& second : seconds) {
    if (second.completed == 0) return nothing("nothing was completed in a whole second");
    stretches.push_back(static_cast<double>(second.completed));
  }
  const double counting = stats::counting_error_of(run.throughput_per_s * run.window_seconds);
  return {scattered(run.throughput_per_s, stretches, counting, run.seed, confidence)};
}

/// Response times in stretches of so many seconds each; what is left over has no stretch.
std::vector<stats::CoarseCounts> stretches_of(const Seconds& seconds, std::size_t length) {
  std::vector<stats::CoarseCounts> stretches(seconds.size() / length);
  for (std::size_t i = 0; i < stretches.size() * length; ++i)
    stretches[i / length].merge(seconds[i].responses);
  return stretches;
}

GateFigure quantile_of(const record::LoadRun& run, const Seconds& seconds, double quantile,
                       double confidence) {
  const auto of_load =
      std::ranges::find(quantiles_of_load, quantile, [](const auto& entry) { return entry.first; });
  assert(of_load != quantiles_of_load.end());
  const record::Figure exact = run.response_us.*(of_load->second);
  if (exact.kind == record::Figure::Kind::at_least)
    return nothing("too many requests had no answer: it is only known to be longer");
  for (std::size_t length = 1; length * stretches_min <= seconds.size(); ++length) {
    const auto stretches = stretches_of(seconds, length);
    if (!std::ranges::all_of(stretches, [&](const stats::CoarseCounts& stretch) {
          return stats::supports(quantile, stretch.count());
        }))
      continue;
    std::vector<double> times;
    for (const auto& stretch : stretches) times.push_back(microseconds(stretch.quantile(quantile)));
    return {scattered(exact.us, times, coarseness, run.seed, confidence)};
  }
  return nothing(fmt::format("P{:g} takes {:.0f} requests in each of {} stretches of the load",
                             quantile * 100, stats::least_count(quantile), stretches_min));
}

GateFigure failures_of(const record::LoadRun& run, const Gate& gate) {
  const auto failed = static_cast<double>(run.total.failed());
  if (run.total.issued == 0) return nothing("no request was sent");
  if (gate.metric->unit == record::GateUnit::requests)
    return {{.estimate = failed, .low = failed, .high = failed, .confidence = gate.confidence}};
  std::vector<stats::Part> seconds;
  for (const auto& second : run.series)
    seconds.push_back({second.failed, second.failed + second.completed});
  GateFigure found{.figure = stats::share_interval(seconds, gate.confidence)};
  if (!found.figure.low) found.missing = "the load was over within three seconds";
  return found;
}

GateFigure figure_of(const record::LoadRun& run, const Gate& gate) {
  if (gate.metric->figure == nullptr) return failures_of(run, gate);
  if (!run.verdict.valid()) return nothing("the load is not valid: " + run.verdict.reasons.front());
  if (run.ramp) return nothing("a ramp has no one level");
  const Seconds seconds = seconds_within(run);
  if (seconds.size() < stretches_min) {
    return nothing(fmt::format("an interval takes {} whole seconds of load, there are {}",
                               stretches_min, seconds.size()));
  }
  return gate.metric->quantile > 0
             ? quantile_of(run, seconds, gate.metric->quantile, gate.confidence)
             : throughput_of(run, seconds, gate.confidence);
}

}  // namespace

Result<> check_gates_of_load(std::span<const Gate> gates) {
  for (const Gate& gate : gates) {
    if (!gate.name.empty()) {
      return fail(ErrorKind::usage,
                  fmt::format("'{}': a load has one address, and no name", printable(gate.text)),
                  fmt::format("leave '{}:' out", printable(gate.name)));
    }
    if (gate.metric->is_ratio()) {
      return fail(ErrorKind::usage,
                  fmt::format("'{}': a load is held against nothing", printable(gate.text)),
                  "unrig compare URL1 URL2 measures ratios");
    }
  }
  return {};
}

std::vector<record::JudgedGate> judged_gates(std::span<const Gate> gates,
                                             const record::LoadRun& run) {
  std::vector<record::JudgedGate> results;
  for (const Gate& gate : gates) results.push_back(judged(gate, {}, figure_of(run, gate)));
  return results;
}

}  // namespace unrig::analysis
