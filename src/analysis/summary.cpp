#include "analysis/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace unrig::analysis {
namespace {

bool is_of(const record::Trial& trial, const record::Cell& cell) {
  return trial.stack == cell.stack && trial.vintage == cell.vintage;
}

std::vector<const record::Trial*> valid_trials(const record::Run& run, const record::Cell& cell) {
  std::vector<const record::Trial*> found;
  for (const auto& trial : run.trials) {
    if (is_of(trial, cell) && trial.verdict.valid) found.push_back(&trial);
  }
  return found;
}

template <class Value>
std::vector<double> collect(const std::vector<const record::Trial*>& trials, Value value) {
  std::vector<double> values;
  for (const auto* trial : trials) values.push_back(value(*trial));
  return values;
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

Row row_of(const record::Run& run, const record::Cell& cell, const record::Cell* baseline) {
  Row row{.cell = cell};
  std::set<std::string> seen;
  for (const auto& trial : run.trials) {
    if (!is_of(trial, cell)) continue;
    ++row.trials;
    for (const auto& reason : trial.verdict.reasons) {
      if (seen.insert(reason).second) {
        row.reasons.push_back(fmt::format("block {}: {}", trial.block, reason));
      }
    }
  }
  if (!cell.failure.empty()) row.reasons.push_back(cell.failure);
  const auto valid = valid_trials(run, cell);
  row.valid_trials = static_cast<int>(valid.size());
  row.throughput_per_s =
      stats::positive_interval(collect(valid, [](const auto& t) { return t.throughput_per_s; }));
  row.p50_us =
      stats::positive_interval(collect(valid, [](const auto& t) { return t.response_us.p50; }));
  row.p99_us =
      stats::positive_interval(collect(valid, [](const auto& t) { return t.response_us.p99; }));
  if (valid.empty()) return row;
  for (const auto* trial : valid)
    row.sessions_max = std::max(row.sessions_max, trial->db.sessions_max);
  row.sessions_mean = stats::mean(collect(valid, [](const auto& t) { return t.db.sessions_mean; }));
  row.cpu_us_per_request =
      stats::mean(collect(valid, [](const auto& t) { return t.cpu_us_per_request.chain(); }));
  row.limiter = usual_limiter(valid);
  if (baseline != nullptr) row.ratio = stats::ratio_interval(log_differences(run, cell, *baseline));
  return row;
}

std::string blocks_text(std::size_t n) {
  return n == 1 ? "1 block" : fmt::format("{} blocks", n);
}

/// How sure it is that `first` is faster than `second`.
std::string certainty(const record::Run& run, const Row& first, const Row& second) {
  const auto differences = log_differences(run, first.cell, second.cell);
  const std::string next = second.cell.label;
  if (differences.empty()) {
    return fmt::format("no block has a valid trial of both it and {}, so this is not sure", next);
  }
  const stats::Estimate ratio = stats::ratio_interval(differences);
  if (!ratio.low) {
    return fmt::format("{:.2f} times {}, the next; without an interval ({}) this is not sure",
                       ratio.estimate, next, blocks_text(differences.size()));
  }
  const std::string figures =
      fmt::format("{:.2f} times [{:.2f}, {:.2f}] as many requests/s as {}, the next",
                  ratio.estimate, *ratio.low, *ratio.high, next);
  std::string text =
      *ratio.low > 1 ? fmt::format("{}: sure at {:.0f} % over {}", figures, ratio.confidence * 100,
                                   blocks_text(differences.size()))
                     : fmt::format("{}: the interval includes 1, so {} cannot tell the two apart",
                                   figures, blocks_text(differences.size()));
  if (first.limiter.name != second.limiter.name) {
    text += fmt::format(" ({} was limited by {}, {} by {}: other settings may change the answer)",
                        first.cell.label, first.limiter.name, next, second.limiter.name);
  }
  return text;
}

std::string sentence_of(const record::Run& run, const std::vector<Row>& rows) {
  if (rows.empty() || !rows[0].ranked()) return "Nothing valid was measured.";
  const Row& first = rows[0];
  if (rows.size() == 1 || !rows[1].ranked()) {
    return fmt::format("{} served {:.0f} requests/s; there is nothing valid to compare it with.",
                       first.cell.label, first.throughput_per_s.estimate);
  }
  return fmt::format("{} is the fastest, with {}.", first.cell.label,
                     certainty(run, first, rows[1]));
}

}  // namespace

std::vector<double> log_differences(const record::Run& run, const record::Cell& a,
                                    const record::Cell& b) {
  std::map<int, double> of_b;
  for (const auto* trial : valid_trials(run, b)) of_b[trial->block] = trial->throughput_per_s;
  std::vector<double> differences;
  for (const auto* trial : valid_trials(run, a)) {
    const auto partner = of_b.find(trial->block);
    if (partner != of_b.end()) {
      differences.push_back(std::log(trial->throughput_per_s) - std::log(partner->second));
    }
  }
  return differences;
}

Summary summarize(const record::Run& run) {
  const record::Cell* baseline = nullptr;
  for (const auto& cell : run.manifest.cells) {
    if (cell.label == run.manifest.baseline) baseline = &cell;
  }
  Summary summary;
  for (const auto& cell : run.manifest.cells) summary.rows.push_back(row_of(run, cell, baseline));
  std::stable_sort(summary.rows.begin(), summary.rows.end(), [](const Row& a, const Row& b) {
    if (a.ranked() != b.ranked()) return a.ranked();
    return a.ranked() && a.throughput_per_s.estimate > b.throughput_per_s.estimate;
  });
  summary.sentence = sentence_of(run, summary.rows);
  return summary;
}

}  // namespace unrig::analysis
