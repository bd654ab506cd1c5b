#include "analysis/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <map>

#include "analysis/figures.h"

namespace unrig::analysis {
namespace {

/// As many as blocks in which both have the figure; none where one of them cannot be compared.
std::vector<double> differences_of(const record::Run& run, const Row& a, const Row& b,
                                   Figure figure) {
  if (!a.comparable() || !b.comparable()) return {};
  return log_differences(run, figure, a.cell.label, b.cell.label);
}

std::vector<double> all_values(const record::Run& run, const Row& row, Figure figure) {
  std::vector<double> found;
  if (!row.comparable()) return found;
  for (const auto* trial : valid_trials(run, row.cell.label)) {
    if (figure(*trial) > 0) found.push_back(figure(*trial));
  }
  return found;
}

const Row& row_of(const Summary& summary, const std::string& label) {
  const auto found = std::find_if(summary.rows.begin(), summary.rows.end(),
                                  [&](const Row& row) { return row.cell.label == label; });
  assert(found != summary.rows.end());
  return *found;
}

bool same_cell(const record::Cell& a, const record::Cell& b) {
  return a.stack == b.stack && a.vintage == b.vintage;
}

std::string blocks_text(int blocks) {
  return fmt::format("{} block{}", blocks, blocks == 1 ? "" : "s");
}

/// Enough to show the interval's width, and its lower end as more than 0.
int decimals(const stats::Estimate& ratio) {
  constexpr double no_width = 1e-6;  // rounding, where all trials are alike
  if (!ratio.low || *ratio.high - *ratio.low < no_width) return ratio.estimate < 0.1 ? 3 : 2;
  const auto first_digit = [](double value) {
    return static_cast<int>(std::ceil(-std::log10(value)));
  };
  const int wanted = std::max(first_digit((*ratio.high - *ratio.low) / 2), first_digit(*ratio.low));
  return std::clamp(wanted, ratio.estimate < 10 ? 1 : 0, 3);
}

/// "3.9 times [3.8, 4.0]"
std::string times_text(const stats::Estimate& ratio) {
  return estimate_text(ratio) + " times" + (ratio.low ? " " + interval_text(ratio) : "");
}

/// What the interval allows one to say; empty where the figures say it.
std::string certainty(const Comparison& c) {
  if (!c.ratio.low) {
    return fmt::format("; no interval: without {} valid blocks this may be chance",
                       stats::interval_values_min);
  }
  const bool covers_1 = *c.ratio.low <= 1 && 1 <= *c.ratio.high;
  if (c.verdict == stats::Verdict::equivalent) {
    return fmt::format("; equivalent: no difference above {:g} %", c.margin * 100);
  }
  if (c.verdict != stats::Verdict::undecided) return "";
  if (covers_1) return "; undecided: these blocks cannot tell the two apart";
  return fmt::format("; undecided: the difference may be below {:g} %", c.margin * 100);
}

std::string self_test(const Comparison& c) {
  if (!c.ratio.low) return certainty(c);
  return *c.ratio.low <= 1 && 1 <= *c.ratio.high
             ? "; the interval covers 1, as it should for a stack and itself"
             : "; the interval leaves out 1, which a stack and itself should do once in 20 times";
}

/// The first reason of either side, its first line: there may be a whole log behind it.
std::string why_invalid(const Comparison& c) {
  std::string text;
  for (const Row* row : {&c.a, &c.b}) {
    if (row->reasons.empty()) continue;
    const std::string& reason = row->reasons.front();
    text += fmt::format("; {}: {}", row->cell.label, reason.substr(0, reason.find('\n')));
  }
  return text;
}

std::string sentence_of(const Comparison& c) {
  const std::string& a = c.a.cell.label;
  const std::string& b = c.b.cell.label;
  if (!c.verdict) {
    return fmt::format("{} and {} cannot be compared: no block has a valid trial of both{}.", a, b,
                       why_invalid(c));
  }
  return fmt::format("{} serves {} as many requests as {}; P99 {} times; {}{}.", a,
                     times_text(c.ratio), b, estimate_text(c.p99_ratio), blocks_text(c.blocks),
                     same_cell(c.a.cell, c.b.cell) ? self_test(c) : certainty(c));
}

Comparison compare_cells(const record::Run& run_a, const Row& a, const record::Run& run_b,
                         const Row& b, double margin) {
  Comparison c{.a = a, .b = b, .margin = margin};
  const auto ratio = [&](Figure figure) {
    return stats::independent_ratio_interval(all_values(run_a, a, figure),
                                             all_values(run_b, b, figure));
  };
  c.ratio = ratio(throughput);
  c.p50_ratio = ratio(p50);
  c.p99_ratio = ratio(p99);
  const auto blocks_a = static_cast<int>(all_values(run_a, a, throughput).size());
  const auto blocks_b = static_cast<int>(all_values(run_b, b, throughput).size());
  c.blocks = std::min(blocks_a, blocks_b);
  const std::string& name = a.cell.label;
  if (c.blocks == 0) {
    c.sentence = fmt::format("{} has no valid trial in {}{}.", name,
                             (blocks_a == 0 ? run_a : run_b).manifest.run, why_invalid(c));
    return c;
  }
  c.verdict = stats::verdict(c.ratio, c.margin);
  const std::string blocks = blocks_a == blocks_b
                                 ? blocks_text(blocks_a) + " each"
                                 : fmt::format("{} and {} blocks", blocks_a, blocks_b);
  c.sentence = fmt::format("{} served {} as many requests in {} as in {}; P99 {} times; {}{}.",
                           name, times_text(c.ratio), run_a.manifest.run, run_b.manifest.run,
                           estimate_text(c.p99_ratio), blocks, certainty(c));
  return c;
}

std::string sentence_of(const RunComparison& comparison, const record::Run& a,
                        const record::Run& b) {
  if (comparison.cells.size() == 1) return comparison.cells.front().sentence;
  std::map<std::string_view, int> number;
  for (const auto& cell : comparison.cells) ++number[verdict_text(cell)];
  std::string text;
  for (const std::string_view verdict :
       {"faster", "slower", "equivalent", "undecided", "invalid"}) {
    if (number[verdict] > 0) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", number[verdict], verdict);
    }
  }
  return fmt::format("{} stacks, {} over {}: {}.", comparison.cells.size(), a.manifest.run,
                     b.manifest.run, text);
}

}  // namespace

Comparison compare(const record::Run& run, const std::string& a, const std::string& b) {
  const Summary summary = summarize(run);
  Comparison c{.a = row_of(summary, a), .b = row_of(summary, b), .margin = run.manifest.margin};
  const auto common = differences_of(run, c.a, c.b, throughput);
  c.blocks = static_cast<int>(common.size());
  c.ratio = ratio_of(run, common);
  c.p50_ratio = ratio_of(run, differences_of(run, c.a, c.b, p50));
  c.p99_ratio = ratio_of(run, differences_of(run, c.a, c.b, p99));
  if (c.blocks > 0) c.verdict = stats::verdict(c.ratio, c.margin);
  if (summary.noise_floor && b == run.manifest.baseline) c.noise_floor = summary.noise_floor->ratio;
  c.sentence = sentence_of(c);
  return c;
}

std::string_view verdict_text(const Comparison& comparison) {
  return comparison.verdict ? stats::to_text(*comparison.verdict) : "invalid";
}

std::string estimate_text(const stats::Estimate& ratio) {
  if (std::isnan(ratio.estimate)) return "-";
  return fmt::format("{:.{}f}", ratio.estimate, decimals(ratio));
}

std::string interval_text(const stats::Estimate& ratio) {
  if (!ratio.low) return "-";
  return fmt::format("[{0:.{2}f}, {1:.{2}f}]", *ratio.low, *ratio.high, decimals(ratio));
}

RunComparison compare_runs(const record::Run& a, const record::Run& b, double margin) {
  RunComparison comparison{.differences = differences(a.manifest, b.manifest)};
  const Summary summary_a = summarize(a);
  const Summary summary_b = summarize(b);
  std::vector<std::string> taken;  // labels of B: a stack and its double are two cells
  for (const auto& cell : a.manifest.cells) {
    const auto& others = b.manifest.cells;
    const auto other = std::find_if(others.begin(), others.end(), [&](const record::Cell& found) {
      return same_cell(cell, found) &&
             std::find(taken.begin(), taken.end(), found.label) == taken.end();
    });
    if (other == others.end()) continue;
    taken.push_back(other->label);
    comparison.cells.push_back(compare_cells(a, row_of(summary_a, cell.label), b,
                                             row_of(summary_b, other->label), margin));
  }
  if (!comparison.cells.empty()) comparison.sentence = sentence_of(comparison, a, b);
  return comparison;
}

}  // namespace unrig::analysis
