#include "analysis/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <map>

#include "analysis/distance.h"
#include "analysis/figures.h"
#include "analysis/ratios.h"
#include "base/plural.h"
#include "base/random.h"
#include "stats/neighbours.h"
#include "stats/stopping.h"

namespace unrig::analysis {
namespace {

/// NaN where one of them cannot be compared, or has too few requests for the figure.
bool given(const Row& a, const Row& b, Figure figure) {
  if (!a.comparable() || !b.comparable()) return false;
  if (figure == p50) return a.p50_missing.empty() && b.p50_missing.empty();
  if (figure == throughput) return true;
  return a.p99_missing.empty() && b.p99_missing.empty();
}

stats::Estimate ratio_of(const record::Run& run, const Row& a, const Row& b, Figure figure) {
  if (!given(a, b, figure)) return stats::ratio_interval({});
  return Ratios(run, figure).of(a.cell.label, b.cell.label);
}

/// P99 in units of the time that a closed loop's clients take per request and client.
double p99_beside_the_mean(const record::Trial& trial) {
  return p99(trial) * throughput(trial);
}

std::vector<double> all_values(const record::Run& run, const Row& row, Figure figure) {
  std::vector<double> found;
  if (!row.comparable()) return found;
  for (const auto* trial : valid_trials(run, row.cell.label)) {
    if (figure(*trial) > 0) found.push_back(figure(*trial));
  }
  return found;
}

/// Of the consecutive trials of one cell by itself: its blocks are compared with nothing that would
/// take their drift out.
std::optional<stats::Likeness> own_likeness(const record::Run& run, const Row& row, Figure figure) {
  RandomStream random(run.manifest.seed, "order of the trials");
  return stats::likeness(table_of(run, figure).part({index_of(run, row.cell.label)}), random,
                         {.within_blocks = false});
}

/// What intervals of one cell of a run by itself have to allow for.
stats::Allowance allowance_of(const record::Run& run, const Row& row, Figure figure) {
  const auto likeness = own_likeness(run, row, figure);
  return {.correlation = likeness ? likeness->correlation : 0,
          .counting = table_of(run, figure).counting_error(index_of(run, row.cell.label))};
}

/// Of two runs: the larger likeness; whether one would have been seen in both.
std::optional<stats::Likeness> larger(const std::optional<stats::Likeness>& a,
                                      const std::optional<stats::Likeness>& b) {
  if (!a || !b) return a && a->found ? a : b && b->found ? b : std::nullopt;
  return stats::Likeness{.found = a->found || b->found,
                         .correlation = std::max(a->correlation, b->correlation),
                         .conclusive = a->conclusive && b->conclusive};
}

const Row& row_of(const Summary& summary, const std::string& label) {
  const auto found = std::find_if(summary.rows.begin(), summary.rows.end(),
                                  [&](const Row& row) { return row.cell.label == label; });
  assert(found != summary.rows.end());
  return *found;
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
  if (!c.ratio_together.low) {
    return fmt::format("; no interval: without {} valid blocks this may be chance",
                       stats::interval_values_min);
  }
  const bool covers_1 = *c.ratio_together.low <= 1 && 1 <= *c.ratio_together.high;
  if (c.standing == stats::Standing::equivalent) {
    return fmt::format("; equivalent: no difference above {:g} %", c.margin * 100);
  }
  if (c.standing != stats::Standing::undecided) return "";
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

std::string rate_text(const Row& row, const char* unit = " requests/s") {
  return fmt::format("{:.0f}{}", row.throughput_per_s.estimate, unit);
}

/// P99, where it says something that does not follow from the throughput: in a closed loop a stack
/// that serves twice as much has half the response time, by Little's law.
std::string p99_text(const Comparison& c) {
  if (std::isnan(c.p99_ratio.estimate)) return "";
  if (!c.a.closed_loop || !c.b.closed_loop) return "; P99 " + times_text(c.p99_ratio);
  constexpr double worth_saying = 0.1;
  const auto beyond = stats::standing(c.p99_beyond, worth_saying);
  if (beyond != stats::Standing::faster && beyond != stats::Standing::slower) return "";
  return fmt::format("; P99 {}, which is {} what the throughputs alone would make it",
                     times_text(c.p99_ratio), times_text(c.p99_beyond));
}

/// What the ratio depends on.
std::string conditions_text(const Comparison& c) {
  std::string text = limits_text(c.a, c.b);
  if (!text.empty()) text = "; " + text;
  const bool is_apart =
      c.standing == stats::Standing::faster || c.standing == stats::Standing::slower;
  if (c.ratio_comparable == false && is_apart) {
    if (const auto how_far = distance_text(c.a, c.b, c.ratio.estimate); !how_far.empty())
      text += "; " + how_far;
  }
  if (c.equal_work == false) {
    text += fmt::format("; {} runs {:.2f} statements per request, {} {:.2f}", c.a.cell.label,
                        *c.a.statements, c.b.cell.label, *c.b.statements);
  }
  if (c.a.cell.own_request != c.b.cell.own_request) text += "; the two are asked different things";
  return text;
}

std::string sentence_of(const Comparison& c) {
  const std::string& a = c.a.cell.label;
  const std::string& b = c.b.cell.label;
  if (!c.standing) {
    return fmt::format("{} and {} cannot be compared: no block has a valid trial of both{}.", a, b,
                       why_invalid(c));
  }
  return fmt::format("{} serves {} and {} {}: {} as many; {}{}{}{}.", a, rate_text(c.a), b,
                     rate_text(c.b, ""), times_text(c.ratio), counted(c.blocks, "block"),
                     same_stack(c.a.cell, c.b.cell) ? self_test(c) : certainty(c), p99_text(c),
                     conditions_text(c));
}

/// Of cells of two runs, `cells` of which are compared at once.
Comparison compare_cells(const record::Run& run_a, const Row& a, const record::Run& run_b,
                         const Row& b, double margin, std::size_t cells) {
  Comparison c{.a = a, .b = b, .margin = margin};
  const bool sequential = number_followed(run_a.manifest) || number_followed(run_b.manifest);
  const auto ratio = [&](Figure figure, double confidence = 0.95) {
    if (!given(a, b, figure)) return stats::ratio_interval({});
    auto found = stats::independent_ratio_interval(
        all_values(run_a, a, figure), all_values(run_b, b, figure),
        sequential ? stats::sequential_confidence(confidence) : confidence,
        allowance_of(run_a, a, figure), allowance_of(run_b, b, figure));
    found.confidence = 0.95;
    return found;
  };
  c.ratio = ratio(throughput);
  c.ratio_together = ratio(throughput, 1 - 0.05 / static_cast<double>(cells));
  c.likeness = larger(own_likeness(run_a, a, throughput), own_likeness(run_b, b, throughput));
  c.p50_ratio = ratio(p50);
  c.p99_ratio = ratio(p99);
  if (a.closed_loop && b.closed_loop) c.p99_beyond = ratio(p99_beside_the_mean);
  c.ratio_comparable = same_limiter(a, b);
  c.equal_work = same_work(a, b);
  const auto blocks_a = static_cast<int>(all_values(run_a, a, throughput).size());
  const auto blocks_b = static_cast<int>(all_values(run_b, b, throughput).size());
  c.blocks = std::min(blocks_a, blocks_b);
  const std::string& name = a.cell.label;
  if (c.blocks == 0) {
    c.sentence = fmt::format("{} has no valid trial in {}{}.", name,
                             (blocks_a == 0 ? run_a : run_b).manifest.run, why_invalid(c));
    return c;
  }
  c.standing = stats::standing(c.ratio_together, c.margin);
  const std::string blocks = blocks_a == blocks_b
                                 ? counted(blocks_a, "block") + " each"
                                 : fmt::format("{} and {} blocks", blocks_a, blocks_b);
  c.sentence = fmt::format("{} served {} in {} and {} in {}: {} as many; {}{}{}{}.", name,
                           rate_text(a), run_a.manifest.run, rate_text(b, ""), run_b.manifest.run,
                           times_text(c.ratio_together), blocks, certainty(c), p99_text(c),
                           conditions_text(c));
  return c;
}

std::string sentence_of(const RunComparison& comparison, const record::Run& a,
                        const record::Run& b) {
  if (comparison.cells.size() == 1) return comparison.cells.front().sentence;
  std::map<std::string_view, int> number;
  for (const auto& cell : comparison.cells) ++number[standing_text(cell)];
  std::string text;
  for (const std::string_view standing :
       {"faster", "slower", "equivalent", "undecided", "invalid"}) {
    if (number[standing] > 0) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", number[standing], standing);
    }
  }
  return fmt::format("{} stacks, {} over {}: {}.", comparison.cells.size(), a.manifest.run,
                     b.manifest.run, text);
}

}  // namespace

Comparison compare(const record::Run& run, const std::string& a, const std::string& b) {
  const Summary summary = summarize(run);
  Comparison c{.a = row_of(summary, a), .b = row_of(summary, b), .margin = run.manifest.margin};
  if (c.a.comparable() && c.b.comparable()) {
    const Ratios ratios(run, throughput);
    c.blocks = static_cast<int>(ratios.blocks(index_of(run, a), index_of(run, b)));
    c.likeness = ratios.likeness();
  }
  c.ratio = c.ratio_together = ratio_of(run, c.a, c.b, throughput);
  c.p50_ratio = ratio_of(run, c.a, c.b, p50);
  c.p99_ratio = ratio_of(run, c.a, c.b, p99);
  if (c.a.closed_loop && c.b.closed_loop) {
    c.p99_beyond = ratio_of(run, c.a, c.b, p99_beside_the_mean);
  }
  c.unseen_window_seconds = summary.unseen_window_seconds;
  c.ratio_comparable = same_limiter(c.a, c.b);
  c.equal_work = same_work(c.a, c.b);
  c.configuration_dependent =
      c.ratio_comparable == false && c.a.limiter.confirmed && c.b.limiter.confirmed;
  if (c.blocks > 0) c.standing = stats::standing(c.ratio, c.margin);
  if (summary.noise_floor && b == run.manifest.baseline) c.noise_floor = summary.noise_floor->ratio;
  if (!c.standing && c.a.as_claimed && c.b.as_claimed) {
    const auto ratio = disturbed_ratio(run, a, b);
    if (!std::isnan(ratio.estimate)) c.disturbed_ratio = ratio;
  }
  c.advice = advice_after(run);
  c.gates = summary.gates;
  c.sentence = sentence_of(c);
  return c;
}

std::string_view standing_text(const Comparison& comparison) {
  return comparison.standing ? stats::to_text(*comparison.standing) : "invalid";
}

std::string_view verdict_text(const Comparison& comparison) {
  const bool decided = comparison.standing && comparison.standing != stats::Standing::undecided;
  return decided && comparison.configuration_dependent ? "configuration-dependent"
                                                       : standing_text(comparison);
}

std::string estimate_text(const stats::Estimate& ratio) {
  if (std::isnan(ratio.estimate)) return "-";
  return fmt::format("{:.{}f}", ratio.estimate, decimals(ratio));
}

std::string interval_text(const stats::Estimate& ratio) {
  if (!ratio.low) return "-";
  return fmt::format("[{0:.{2}f}, {1:.{2}f}]", *ratio.low, *ratio.high, decimals(ratio));
}

std::string limits_text(const Row& a, const Row& b) {
  if (same_limiter(a, b).value_or(true)) return "";
  const bool one_stack = a.cell.label == b.cell.label;
  return fmt::format(
      "{} is limited by {}, {} by {}: a ratio of two limits, which changes with the machine and "
      "the "
      "settings",
      a.cell.label, a.limiter.name, one_stack ? "in the other run" : b.cell.label, b.limiter.name);
}

RunComparison compare_runs(const record::Run& a, const record::Run& b, double margin) {
  RunComparison comparison{.differences = differences(a.manifest, b.manifest)};
  const Summary summary_a = summarize(a);
  const Summary summary_b = summarize(b);
  std::vector<std::pair<std::string, std::string>> common;  // labels in A and in B
  for (const auto& cell : a.manifest.cells) {
    const auto& others = b.manifest.cells;
    // A stack and its double are two cells.
    const auto other = std::find_if(others.begin(), others.end(), [&](const record::Cell& found) {
      return same_stack(cell, found) && same_settings(a.manifest, cell, b.manifest, found) &&
             std::ranges::find(common, found.label, &std::pair<std::string, std::string>::second) ==
                 common.end();
    });
    if (other != others.end()) common.emplace_back(cell.label, other->label);
  }
  for (const auto& [label_a, label_b] : common) {
    comparison.cells.push_back(compare_cells(a, row_of(summary_a, label_a), b,
                                             row_of(summary_b, label_b), margin, common.size()));
  }
  if (!comparison.cells.empty()) comparison.sentence = sentence_of(comparison, a, b);
  return comparison;
}

}  // namespace unrig::analysis
