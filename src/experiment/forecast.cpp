#include "experiment/forecast.h"

#include <algorithm>
#include <optional>

#include "base/clock.h"
#include "plan/cells.h"
#include "plan/perturbation.h"

namespace unrig::experiment {
namespace {

constexpr Duration longest_pause = std::chrono::minutes(1);

std::optional<Duration> between(const std::string& earlier, const std::string& later) {
  const auto from = parse_iso8601(earlier);
  const auto to = parse_iso8601(later);
  if (!from || !to) return std::nullopt;
  return *to - *from;
}

}  // namespace

Cost cost_of(std::span<const record::Run> earlier) {
  Cost cost;
  Duration pauses{0};
  int pauses_seen = 0;
  std::optional<Duration> look;
  for (const auto& [manifest, trials] : earlier) {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      ++cost.trials;
      if (i == 0) continue;
      const auto apart = between(trials[i - 1].started_at, trials[i].started_at);
      const auto& warmed = trials[i - 1].warmed;
      const Duration load = from_seconds((warmed ? warmed->seconds : 0) + manifest.warmup_seconds +
                                         manifest.duration_seconds);
      if (!apart || *apart - load > longest_pause) continue;
      pauses += std::max(Duration(0), *apart - load);
      ++pauses_seen;
    }
    if (trials.empty() || manifest.cells.empty()) continue;
    // Environments may have been made in the same time: the quickest run had them already.
    if (const auto start = between(manifest.started_at, trials[0].started_at)) {
      const Duration each = *start / static_cast<std::int64_t>(plan::looks(manifest.cells));
      look = std::min(look.value_or(each), each);
    }
  }
  if (pauses_seen > 0) cost.between = pauses / pauses_seen;
  cost.look = look.value_or(cost.look);
  return cost;
}

Forecast forecast(record::Run run, const Rule& rule, const plan::Phases& phases, const Cost& cost) {
  Forecast ahead;
  if (run.trials.empty()) ahead.looks = static_cast<int>(plan::looks(run.manifest.cells));
  while (const auto block = next_block(run, rule)) {
    if (block->purpose == record::Purpose::planned) ahead.planned.push_back(*block);
    if (block->purpose == record::Purpose::confirmation) ++ahead.confirming;
    if (block->purpose == record::Purpose::perturbation) ++ahead.perturbing;
    for (const std::size_t cell : block->cells) {
      const plan::Phases own = phases_of(run, cell, *block, phases);
      ahead.duration += own.warmup + own.duration + cost.between;
      record::Trial trial{.label = plan::label_at(run.manifest, cell),
                          .purpose = block->purpose,
                          .block = block->number};
      trial.throughput_per_s = 1;
      run.trials.push_back(std::move(trial));
      ++ahead.trials;
    }
  }
  if (rule.perturbation_blocks > 0 && run.manifest.perturbations.empty()) {
    ahead.perturbing = rule.perturbation_blocks;
    for (const std::size_t cell : plan::cells_to_confirm(run.manifest)) {
      const plan::Phases own =
          phases_of(run, cell, {.purpose = record::Purpose::perturbation, .cells = {}}, phases);
      const int trials = ahead.perturbing * expected_perturbed_trials;
      ahead.duration += trials * (own.warmup + own.duration + cost.between);
      ahead.trials += trials;
    }
  }
  ahead.duration += ahead.looks * cost.look;
  ahead.disk_bytes = ahead.trials * cost.record_bytes;
  return ahead;
}

}  // namespace unrig::experiment
