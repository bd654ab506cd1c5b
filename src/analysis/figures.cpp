#include "analysis/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "record/counts.h"
#include "stats/support.h"

namespace unrig::analysis {
namespace {

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

Blocks blocks_of(record::Purpose purpose) {
  if (purpose == record::Purpose::perturbation) return Blocks::perturbed;
  return purpose == record::Purpose::confirmation ? Blocks::fresh : Blocks::table;
}

}  // namespace

double throughput(const record::Trial& trial) {
  return trial.throughput_per_s;
}
double p50(const record::Trial& trial) {
  return trial.response_us.p50.value_or(not_known);
}
double p90(const record::Trial& trial) {
  return trial.response_us.p90.value_or(not_known);
}
double p95(const record::Trial& trial) {
  return trial.response_us.p95.value_or(not_known);
}
double p99(const record::Trial& trial) {
  return trial.response_us.p99.value_or(not_known);
}
double p999(const record::Trial& trial) {
  return trial.response_us.p999.value_or(not_known);
}

double counted_requests(const record::Trial& trial) {
  return std::round(trial.throughput_per_s * trial.window_seconds);
}

std::vector<const record::Trial*> valid_trials(const record::Run& run, const std::string& label,
                                               Blocks blocks) {
  std::vector<const record::Trial*> found;
  for (const auto& trial : run.trials) {
    if (trial.label == label && record::counts(run.manifest, trial) &&
        blocks_of(trial.purpose) == blocks) {
      found.push_back(&trial);
    }
  }
  return found;
}

stats::Estimate estimate_of(const std::vector<const record::Trial*>& trials, Figure figure,
                            double confidence) {
  std::vector<double> values;
  double counting = 0;
  for (const auto* trial : trials) {
    if (const double value = figure(*trial); !std::isnan(value)) values.push_back(value);
    if (figure != throughput) continue;
    counting +=
        stats::counting_error_of(counted_requests(*trial)) / static_cast<double>(trials.size());
  }
  return stats::moved_apart(stats::positive_interval(values, confidence), counting);
}

std::string missing_quantile(const std::vector<const record::Trial*>& trials, double quantile) {
  for (const auto* trial : trials) {
    const std::uint64_t requests = trial->window.completed;
    // Nothing counted is a record that does not tell.
    if (requests == 0 || stats::supports(quantile, requests)) continue;
    return fmt::format("P{:g} needs {:.0f} requests in a trial, block {} had {}", quantile * 100,
                       stats::least_count(quantile), trial->block, requests);
  }
  return {};
}

bool number_followed(const record::Manifest& manifest, Blocks blocks) {
  if (blocks == Blocks::perturbed) return false;
  return blocks == Blocks::fresh ? manifest.confirmation_blocks.has_value() : manifest.blocks == 0;
}

stats::BlockTable table_of(const record::Run& run, Figure figure, Blocks blocks) {
  int last = 0;
  for (const auto& trial : run.trials) last = std::max(last, trial.block);
  const auto& cells = run.manifest.cells;
  stats::BlockTable table(cells.size(), static_cast<std::size_t>(last));
  for (std::size_t i = 0; i < cells.size(); ++i) {
    for (const auto* trial : valid_trials(run, cells[i].label, blocks)) {
      const double value = figure(*trial);
      if (!(value > 0)) continue;
      const double counted = figure == throughput ? counted_requests(*trial) : 0;
      table.set(static_cast<std::size_t>(trial->block - 1), i, value, counted);
    }
  }
  return table;
}

std::size_t index_of(const record::Run& run, const std::string& label) {
  const auto& cells = run.manifest.cells;
  return static_cast<std::size_t>(std::ranges::find(cells, label, &record::Cell::label) -
                                  cells.begin());
}

std::vector<double> log_differences(const record::Run& run, Figure figure, const std::string& a,
                                    const std::string& b, Blocks blocks) {
  return table_of(run, figure, blocks).log_differences(index_of(run, a), index_of(run, b));
}

}  // namespace unrig::analysis
