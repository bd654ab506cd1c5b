#include "analysis/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "analysis/elasticity.h"
#include "analysis/figures.h"
#include "analysis/gates_of_run.h"
#include "analysis/headline.h"
#include "analysis/limiters.h"
#include "analysis/ratios.h"
#include "record/counts.h"
#include "stats/blocks.h"

namespace unrig::analysis {
namespace {

using record::Purpose;

template <class Value>
std::vector<double> collect(const std::vector<const record::Trial*>& trials, Value value) {
  std::vector<double> values;
  for (const auto* trial : trials) {
    const std::optional<double> each = value(*trial);
    if (each && !std::isnan(*each)) values.push_back(*each);
  }
  return values;
}

std::optional<double> mean_of(const std::vector<double>& values) {
  return values.empty() ? std::nullopt : std::optional(stats::mean(values));
}

std::vector<record::NotChecked> not_checked_in(const record::Run& run, const record::Cell& cell) {
  std::vector<record::NotChecked> found;
  for (const auto& trial : run.trials) {
    if (trial.label != cell.label) continue;
    for (const auto& figure : trial.not_checked) {
      if (std::ranges::find(found, figure) == found.end()) found.push_back(figure);
    }
  }
  return found;
}

std::vector<std::string> reasons_of(const record::Run& run, const record::Cell& cell) {
  std::vector<std::string> reasons;
  for (const auto& trial : run.trials) {
    if (trial.label != cell.label || trial.purpose == Purpose::perturbation) continue;
    for (const auto& reason : trial.verdict.reasons) {
      reasons.push_back(fmt::format("block {}: {}", trial.block, reason));
    }
  }
  for (const auto& claim : cell.false_claims()) reasons.push_back(claim);
  if (!run.manifest.accept_unproven) {
    for (const auto& claim : cell.unproven_claims()) reasons.push_back("not proven: " + claim);
  }
  if (!cell.failure.empty()) reasons.push_back(cell.failure);
  return reasons;
}

std::optional<double> statements_of(const record::Cell& cell) {
  const auto* hop = cell.audit.hop("app");
  if (cell.audit.requests == 0 || hop == nullptr || !hop->round_trips) return std::nullopt;
  return hop->statements_per_request();
}

void add_percentiles(const std::vector<const record::Trial*>& trials, Row& row) {
  row.p50_missing = missing_quantile(trials, 0.50);
  row.p99_missing = missing_quantile(trials, 0.99);
  if (row.p50_missing.empty()) row.p50_us = estimate_of(trials, p50);
  if (row.p99_missing.empty()) row.p99_us = estimate_of(trials, p99);
  row.closed_loop = std::ranges::none_of(
      trials, [](const record::Trial* trial) { return trial->offered_per_s > 0; });
}

Row row_of(const record::Run& run, const record::Cell& cell) {
  Row row{.cell = cell,
          .is_double = cell.role == record::Role::baseline_double,
          .p50_us = stats::positive_interval({}),
          .p99_us = stats::positive_interval({}),
          .statements = statements_of(cell),
          .reasons = reasons_of(run, cell),
          .not_checked = not_checked_in(run, cell),
          .unproven = cell.unproven_claims(),
          .as_claimed = record::is_as_claimed(run.manifest, cell)};
  for (const auto& trial : run.trials) {
    if (trial.label == cell.label && record::is_of_table(trial.purpose)) ++row.trials;
  }
  const auto valid = valid_trials(run, cell.label);
  row.valid_trials = static_cast<int>(valid.size());
  row.throughput_per_s = estimate_of(valid, throughput);
  add_percentiles(valid, row);
  if (valid.empty()) return row;
  for (const auto* trial : valid) {
    row.sessions_max = std::max(row.sessions_max, trial->db.sessions_max);  // not set is least
  }
  row.sessions_mean = mean_of(collect(valid, [](const auto& t) { return t.db.sessions_mean; }));
  row.cpu_us_per_request =
      mean_of(collect(valid, [](const auto& t) { return t.cpu_us_per_request.chain(); }));
  row.limiter = typical_trial(valid)->limiter;
  row.elasticities = elasticities_of(run, row.is_double ? run.manifest.baseline : cell.label);
  put_to_the_test(row.limiter, row.elasticities);
  return row;
}

/// Fewer say too little of a count with a ceiling.
constexpr std::size_t sessions_blocks_min = 10;

stats::Estimate sessions_ratio(const record::Run& run, const record::Cell& cell,
                               const record::Cell& baseline) {
  std::map<int, double> of_baseline;
  for (const auto* trial : valid_trials(run, baseline.label)) {
    if (trial->db.sessions_max) of_baseline[trial->block] = *trial->db.sessions_max;
  }
  std::vector<double> own, of_partner;
  for (const auto* trial : valid_trials(run, cell.label)) {
    const auto partner = of_baseline.find(trial->block);
    if (!trial->db.sessions_max || partner == of_baseline.end()) continue;
    own.push_back(*trial->db.sessions_max);
    of_partner.push_back(partner->second);
  }
  auto ratio = stats::paired_ratio_of_means_interval(own, of_partner);
  if (own.size() < sessions_blocks_min) ratio.low = ratio.high = std::nullopt;
  return ratio;
}

/// `rows` in the manifest's order.
void compare_with_baseline(const record::Run& run, const Ratios& throughputs,
                           std::vector<Row>& rows, Summary& summary) {
  const std::size_t base = index_of(run, run.manifest.baseline);
  if (base == rows.size()) return;
  const Ratios p50s(run, p50);
  const Ratios p99s(run, p99);
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Row& row = rows[i];
    if (!row.comparable()) continue;
    row.ratio = row.ratio_together = throughputs.of(i, base);
    if (row.p50_missing.empty() && rows[base].p50_missing.empty()) row.p50_ratio = p50s.of(i, base);
    if (row.p99_missing.empty() && rows[base].p99_missing.empty()) row.p99_ratio = p99s.of(i, base);
    row.sessions_ratio = sessions_ratio(run, row.cell, rows[base].cell);
    row.ratio_comparable = same_limiter(row, rows[base]);
    row.equal_work = same_work(row, rows[base]);
    if (row.ranked() && i != base) others.push_back(i);
  }
  const auto together = throughputs.together(others, base);
  for (std::size_t k = 0; k < others.size(); ++k) {
    rows[others[k]].ratio_together = together[k];
    rows[others[k]].smallest_difference = stats::relative_half_width(together[k]);
  }
  for (Row& row : rows) {
    if (row.comparable()) row.standing = stats::standing(row.ratio_together, run.manifest.margin);
  }
  summary.compared_rows = static_cast<int>(others.size());
}

/// The ranked rows as indices, the best first. By the ratio to the baseline: after make-up blocks,
/// or where cells have left, means over unlike blocks could say another order.
std::vector<std::size_t> order_of(const record::Run& run, const std::vector<Row>& rows,
                                  const stats::BlockTable& throughputs) {
  const std::size_t base = index_of(run, run.manifest.baseline);
  const auto levels =
      stats::log_levels(throughputs, base < rows.size() ? std::optional(base) : std::nullopt);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].ranked()) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return levels[a] > levels[b]; });
  return order;
}

/// Ranks and ties: what needs all cells at once. Only ranked cells take part: a cell without a
/// trial must not widen the others' ranks.
void rank(const std::vector<std::size_t>& order, const Ratios& throughputs,
          std::vector<Row>& rows) {
  const auto pairs = throughputs.all_pairs(order);
  const auto ranks = stats::rank_sets(order.size(), pairs);
  std::vector<std::size_t> places(order.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::size_t group = 0;
  for (const auto& tied : stats::tie_groups(places, pairs)) {
    ++group;
    for (const std::size_t place : tied) rows[order[place]].tie_group = group;
  }
  for (std::size_t place = 0; place < order.size(); ++place) rows[order[place]].rank = ranks[place];
}

std::optional<stats::NoiseFloor> noise_floor_of(const record::Run& run, const Ratios& throughputs) {
  const std::size_t base = index_of(run, run.manifest.baseline);
  const auto* twin = record::double_of_baseline(run.manifest);
  if (base == run.manifest.cells.size() || twin == nullptr) return std::nullopt;
  const std::size_t again = index_of(run, twin->label);
  auto floor = stats::noise_floor(throughputs.table().log_differences(base, again));
  floor.ratio = throughputs.of(base, again);
  return floor;
}

/// What there is of the ratios that no block gives.
void add_disturbed_ratios(const record::Run& run, std::vector<Row>& rows) {
  const std::size_t base = index_of(run, run.manifest.baseline);
  if (base == rows.size() || !rows[base].as_claimed) return;
  for (Row& row : rows) {
    if (!row.comparable() || !std::isnan(row.ratio.estimate)) continue;
    const auto ratio = disturbed_ratio(run, row.cell.label, run.manifest.baseline);
    if (!std::isnan(ratio.estimate)) row.disturbed_ratio = ratio;
  }
}

/// What others did to the trials of a row.
void add_noise(const record::Run& run, Row& row) {
  row.accepted_trials = static_cast<int>(
      std::ranges::count_if(valid_trials(run, row.cell.label),
                            [](const auto* trial) { return trial->verdict.disturbed; }));
  row.disturbed = disturbed_figures(run, row.cell);
}

/// What the intervals rest on, and what was not looked at.
void add_ground(const record::Run& run, const Ratios& throughputs, Summary& summary) {
  summary.likeness = throughputs.likeness();
  std::set<int> blocks;
  for (const auto& trial : run.trials) {
    if (!record::counts(run.manifest, trial)) continue;
    if (record::is_of_table(trial.purpose)) blocks.insert(trial.block);
    if (trial.steady_state.checked || trial.window_seconds <= 0) continue;
    summary.unseen_window_seconds =
        std::max(summary.unseen_window_seconds.value_or(0), trial.window_seconds);
  }
  summary.blocks = static_cast<int>(blocks.size());
  if (run.manifest.search || record::measures_urls(run.manifest)) return;
  for (const Row& row : summary.rows) {
    if (row.ranked() && !row.later) summary.unseen_later.push_back(row.cell.label);
  }
}

}  // namespace

std::optional<bool> same_limiter(const Row& a, const Row& b) {
  const record::Limiter unknown;
  if (a.limiter.name == unknown.name || b.limiter.name == unknown.name) return std::nullopt;
  return a.limiter.name == b.limiter.name;
}

std::optional<bool> same_work(const Row& a, const Row& b) {
  if (!a.statements || !b.statements) return std::nullopt;
  constexpr double shown = 0.005;  // two decimals are printed
  return std::abs(*a.statements - *b.statements) < shown;
}

Summary summarize(const record::Run& run) {
  std::vector<Row> rows;
  for (const auto& cell : run.manifest.cells) {
    rows.push_back(row_of(run, cell));
    add_noise(run, rows.back());
    rows.back().later = later_of(run, cell.label);
    rows.back().leak = leak_of(run, cell.label);
  }
  const Ratios throughputs(run, throughput);
  Summary summary;
  compare_with_baseline(run, throughputs, rows, summary);
  add_disturbed_ratios(run, rows);
  const auto order = order_of(run, rows, throughputs.table());
  rank(order, throughputs, rows);

  for (const std::size_t i : order) summary.rows.push_back(rows[i]);
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(summary.rows),
               [](const Row& row) { return !row.ranked(); });
  summary.sentence = headline(run, summary.rows);
  summary.noise_floor = noise_floor_of(run, throughputs);
  add_ground(run, throughputs, summary);
  summary.gates = judged_gates(run);
  return summary;
}

}  // namespace unrig::analysis
