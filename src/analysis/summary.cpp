#include "analysis/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <optional>

#include "analysis/figures.h"
#include "base/random.h"
#include "record/double.h"
#include "stats/blocks.h"
#include "stats/bootstrap.h"
#include "stats/stopping.h"

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

record::Limiter usual_limiter(const std::vector<const record::Trial*>& trials) {
  std::map<std::string, int> votes;
  for (const auto* trial : trials) ++votes[trial->limiter.name];
  const record::Trial* chosen = nullptr;
  for (const auto* trial : trials) {
    if (chosen == nullptr || votes[trial->limiter.name] > votes[chosen->limiter.name])
      chosen = trial;
  }
  return chosen == nullptr ? record::Limiter{} : chosen->limiter;
}

std::vector<std::string> reasons_of(const record::Run& run, const record::Cell& cell) {
  std::vector<std::string> reasons;
  for (const auto& trial : run.trials) {
    if (trial.label != cell.label) continue;
    for (const auto& reason : trial.verdict.reasons) {
      reasons.push_back(fmt::format("block {}: {}", trial.block, reason));
    }
  }
  for (const auto& claim : cell.false_claims()) reasons.push_back(claim);
  if (!cell.failure.empty()) reasons.push_back(cell.failure);
  return reasons;
}

Row row_of(const record::Run& run, const record::Cell& cell) {
  Row row{.cell = cell,
          .is_double = record::is_double(run.manifest, cell),
          .reasons = reasons_of(run, cell),
          .not_checked = not_checked_in(run, cell)};
  for (const auto& trial : run.trials) {
    if (trial.label == cell.label && trial.purpose != Purpose::confirmation) ++row.trials;
  }
  const auto valid = valid_trials(run, cell.label);
  row.valid_trials = static_cast<int>(valid.size());
  row.throughput_per_s = stats::positive_interval(collect(valid, throughput));
  row.p50_us = stats::positive_interval(collect(valid, p50));
  row.p99_us = stats::positive_interval(collect(valid, p99));
  if (valid.empty()) return row;
  for (const auto* trial : valid) {
    row.sessions_max = std::max(row.sessions_max, trial->db.sessions_max);  // not set is least
  }
  row.sessions_mean = mean_of(collect(valid, [](const auto& t) { return t.db.sessions_mean; }));
  row.cpu_us_per_request =
      mean_of(collect(valid, [](const auto& t) { return t.cpu_us_per_request.chain(); }));
  row.limiter = usual_limiter(valid);
  return row;
}

stats::Estimate sessions_ratio(const record::Run& run, const record::Cell& cell,
                               const record::Cell& baseline) {
  std::map<int, double> of_baseline;
  for (const auto* trial : valid_trials(run, baseline.label)) {
    if (trial->db.sessions_max) of_baseline[trial->block] = *trial->db.sessions_max;
  }
  std::vector<std::pair<double, double>> common;
  for (const auto* trial : valid_trials(run, cell.label)) {
    const auto partner = of_baseline.find(trial->block);
    if (trial->db.sessions_max && partner != of_baseline.end()) {
      common.emplace_back(*trial->db.sessions_max, partner->second);
    }
  }
  RandomStream random(run.manifest.seed, "sessions of " + cell.label);
  return stats::bca_interval(
      common.size(),
      [&](std::span<const std::size_t> blocks) {
        double own = 0;
        double other = 0;
        for (const std::size_t block : blocks) {
          own += common[block].first;
          other += common[block].second;
        }
        return own / other;
      },
      random);
}

/// `rows` in the manifest's order.
void compare_with_baseline(const record::Run& run, std::vector<Row>& rows) {
  const std::size_t base = index_of(run, run.manifest.baseline);
  if (base == rows.size()) return;
  const auto throughputs = table_of(run, throughput);
  const auto p50s = table_of(run, p50);
  const auto p99s = table_of(run, p99);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Row& row = rows[i];
    if (!row.comparable()) continue;
    row.ratio = ratio_of(run, throughputs.log_differences(i, base));
    row.p50_ratio = ratio_of(run, p50s.log_differences(i, base));
    row.p99_ratio = ratio_of(run, p99s.log_differences(i, base));
    row.sessions_ratio = sessions_ratio(run, row.cell, rows[base].cell);
    row.verdict = stats::verdict(row.ratio, run.manifest.margin);
  }
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

/// Ranks and ties: what needs all cells at once.
void rank(const record::Run& run, const std::vector<std::size_t>& order,
          const stats::BlockTable& throughputs, std::vector<Row>& rows) {
  // Only ranked cells take part: a cell without a trial must not widen the others' ranks.
  stats::BlockTable ranked(order.size(), throughputs.blocks());
  for (std::size_t place = 0; place < order.size(); ++place) {
    for (std::size_t block = 0; block < throughputs.blocks(); ++block) {
      if (const auto value = throughputs.log_at(block, order[place])) {
        ranked.set(block, place, std::exp(*value));
      }
    }
  }
  RandomStream random(run.manifest.seed, "comparison of all pairs");
  const auto pairs = stats::compare_pairs(ranked, random);
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

std::string blocks_text(std::size_t n, bool fresh) {
  return fmt::format("{} {}block{}", n, fresh ? "fresh " : "", n == 1 ? "" : "s");
}

/// What `first` is, and how sure it is that it is faster than `second`: the rest of a sentence.
std::string certainty(const record::Run& run, const Row& first, const Row& second) {
  const std::string& next = second.cell.label;
  auto differences = log_differences(run, throughput, first.cell.label, next, Blocks::fresh);
  const bool fresh = !differences.empty();
  if (!fresh) differences = log_differences(run, throughput, first.cell.label, next);
  if (differences.empty()) {
    return fmt::format("is ahead; no block has a valid trial of both it and {}", next);
  }
  const std::string blocks = blocks_text(differences.size(), fresh);
  const stats::Estimate ratio =
      fresh ? stats::ratio_interval(differences) : ratio_of(run, differences);
  if (!ratio.low) {
    return fmt::format(
        "is ahead with {:.2f} times {}, the next; without an interval ({}) this is not sure",
        ratio.estimate, next, blocks);
  }
  const std::string figures =
      fmt::format("{:.2f} times [{:.2f}, {:.2f}] as many requests/s as {}, the next",
                  ratio.estimate, *ratio.low, *ratio.high, next);
  std::string text;
  if (*ratio.low > 1) {
    text = fmt::format("is the fastest, with {}: sure at {:.0f} % over {}", figures,
                       ratio.confidence * 100, blocks);
  } else if (*ratio.high < 1) {
    text = fmt::format("led in the planned blocks and lost in {}, with {}", blocks, figures);
  } else {
    text = fmt::format("is ahead, but {} cannot tell the two apart: {}", blocks, figures);
  }
  if (first.limiter.name != second.limiter.name) {
    text += fmt::format(" ({} was limited by {}, {} by {}: other settings may change the answer)",
                        first.cell.label, first.limiter.name, next, second.limiter.name);
  }
  return text;
}

std::optional<stats::NoiseFloor> noise_floor_of(const record::Run& run,
                                                const stats::BlockTable& throughputs) {
  const std::size_t base = index_of(run, run.manifest.baseline);
  const std::size_t again = index_of(run, record::double_of(run.manifest.baseline));
  const std::size_t cells = run.manifest.cells.size();
  if (base == cells || again == cells) return std::nullopt;
  return stats::noise_floor(throughputs.log_differences(base, again));
}

std::string sentence_of(const record::Run& run, const std::vector<Row>& rows) {
  if (rows.empty() || !rows[0].ranked()) return "Nothing valid was measured.";
  const Row& first = rows[0];
  if (rows.size() == 1 || !rows[1].ranked()) {
    return fmt::format("{} served {:.0f} requests/s; there is nothing valid to compare it with.",
                       first.cell.label, first.throughput_per_s.estimate);
  }
  return fmt::format("{} {}.", first.cell.label, certainty(run, first, rows[1]));
}

}  // namespace

stats::Estimate ratio_of(const record::Run& run, std::span<const double> log_differences) {
  return run.manifest.blocks == 0 ? stats::sequential_ratio_interval(log_differences)
                                  : stats::ratio_interval(log_differences);
}

Summary summarize(const record::Run& run) {
  std::vector<Row> rows;
  for (const auto& cell : run.manifest.cells) rows.push_back(row_of(run, cell));
  compare_with_baseline(run, rows);
  const auto throughputs = table_of(run, throughput);
  const auto order = order_of(run, rows, throughputs);
  rank(run, order, throughputs, rows);

  Summary summary;
  for (const std::size_t i : order) summary.rows.push_back(rows[i]);
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(summary.rows),
               [](const Row& row) { return !row.ranked(); });
  summary.sentence = sentence_of(run, summary.rows);
  summary.noise_floor = noise_floor_of(run, throughputs);
  return summary;
}

}  // namespace unrig::analysis
