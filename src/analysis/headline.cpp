#include "analysis/headline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/precision.h"
#include "analysis/ratios.h"
#include "base/plural.h"

namespace unrig::analysis {
namespace {

std::string blocks_text(std::size_t n, bool fresh) {
  return counted(n, fresh ? "fresh block" : "block");
}

/// Geometric mean over the valid trials of those blocks. Where `beside` has some in the same
/// blocks, only over those: such rates have the very ratio that is paired by block.
std::string rate_text(const record::Run& run, const Row& row, const Row& beside, Blocks blocks) {
  const auto others = valid_trials(run, beside.cell.label, blocks);
  std::vector<double> all, common;
  for (const auto* trial : valid_trials(run, row.cell.label, blocks)) {
    all.push_back(throughput(*trial));
    const bool met = std::ranges::any_of(
        others, [&](const record::Trial* other) { return other->block == trial->block; });
    if (met) common.push_back(all.back());
  }
  return fmt::format("{:.0f} requests/s",
                     stats::positive_interval(common.empty() ? all : common).estimate);
}

std::string ratio_text(const stats::Estimate& ratio) {
  return fmt::format("{:.2f} times [{:.2f}, {:.2f}]", ratio.estimate, *ratio.low, *ratio.high);
}

/// Too few trials for any comparison: every place is possible, so none is worth naming.
bool has_no_place(const Row& row) {
  return row.ranked() && !row.throughput_per_s.low && row.rank.low != row.rank.high;
}

/// The labels of the ranked rows that can be the fastest; the first one is among them.
std::vector<std::string> candidates_of(const std::vector<Row>& rows) {
  std::vector<std::string> labels;
  for (const Row& row : rows) {
    const bool is_first = &row == &rows.front();
    if (row.ranked() && row.rank.low == 1 && (is_first || !has_no_place(row))) {
      labels.push_back(row.cell.label);
    }
  }
  return labels;
}

/// Behind the first two, which the sentence is about.
std::string without_a_place(const std::vector<Row>& rows) {
  if (has_no_place(rows.front())) return {};  // said of all
  std::vector<std::string> labels;
  for (std::size_t i = 2; i < rows.size(); ++i) {
    if (has_no_place(rows[i])) labels.push_back(rows[i].cell.label);
  }
  if (labels.empty()) return {};
  return fmt::format("{} {} no place: fewer than {} valid trials.", listed(labels),
                     labels.size() == 1 ? "has" : "have", stats::interval_values_min);
}

std::string limiters_text(const Row& first, const Row& second) {
  if (first.limiter.name == second.limiter.name) return "";
  return fmt::format(" ({} was limited by {}, {} by {}: other settings may change the answer)",
                     first.cell.label, first.limiter.name, second.cell.label, second.limiter.name);
}

/// The first two of the table, and what is known of them.
struct Leaders {
  const Row& first;
  const Row& second;
  bool fresh = false;     ///< from the blocks that confirm
  stats::Estimate ratio;  ///< first over second
  std::size_t blocks = 0;
  std::string first_rate, second_rate;
};

Leaders leaders_of(const record::Run& run, const std::vector<Row>& rows) {
  Leaders leaders{
      .first = rows[0], .second = rows[1], .ratio = {}, .first_rate = {}, .second_rate = {}};
  const std::size_t a = index_of(run, rows[0].cell.label);
  const std::size_t b = index_of(run, rows[1].cell.label);
  const Ratios confirmed(run, throughput, Blocks::fresh);
  leaders.fresh = confirmed.blocks(a, b) > 0;
  const Blocks blocks = leaders.fresh ? Blocks::fresh : Blocks::table;
  const Ratios ratios(run, throughput, blocks);
  leaders.blocks = ratios.blocks(a, b);
  leaders.ratio = ratios.of(a, b);
  leaders.first_rate = rate_text(run, leaders.first, leaders.second, blocks);
  leaders.second_rate = rate_text(run, leaders.second, leaders.first, blocks);
  return leaders;
}

/// Why it stands in front though it served less than the next in the blocks that both have: in the
/// fresh ones, or because ranks come from the ratios to the baseline.
std::string_view how_it_leads(const Leaders& l) {
  if (l.ratio.estimate >= 1) return "is ahead";
  return l.fresh ? "led in the planned blocks" : "leads beside the baseline";
}

/// Where the interval says which of the two is faster, or that it cannot.
std::string decided_text(const Leaders& l, std::vector<std::string> candidates) {
  const std::string& name = l.first.cell.label;
  const std::string& next = l.second.cell.label;
  const std::string blocks = blocks_text(l.blocks, l.fresh);
  const std::string figures = fmt::format("{}, {} as many as {}, the next, with {}", l.first_rate,
                                          ratio_text(l.ratio), next, l.second_rate);
  if (*l.ratio.high < 1) {
    return fmt::format("{} {} and lost in {}: {}", name, how_it_leads(l), blocks, figures);
  }
  const bool sure = *l.ratio.low > 1;
  if (sure) std::erase(candidates, next);
  if (sure && candidates.size() <= 1) {
    return fmt::format("{} is the fastest: {}; sure at {:.0f} % over {}", name, figures,
                       l.ratio.confidence * 100, blocks);
  }
  const std::string told =
      sure ? fmt::format("is ahead of {} over {}", next, blocks)
           : fmt::format("{}, but {} cannot tell the two apart", how_it_leads(l), blocks);
  if (std::ranges::find(candidates, next) == candidates.end() && !sure) candidates.push_back(next);
  return fmt::format("{} {}: {}; the fastest is one of {} ({:.0f} %)", name, told, figures,
                     listed(candidates), l.ratio.confidence * 100);
}

std::string nothing_valid(const std::vector<Row>& rows) {
  const bool disturbed =
      std::ranges::any_of(rows, [](const Row& row) { return row.disturbed.has_value(); });
  return disturbed ? "Nothing valid was measured: what there is was disturbed, and ranks nothing."
                   : "Nothing valid was measured.";
}

std::string text_of(const record::Run& run, const std::vector<Row>& rows) {
  const Leaders l = leaders_of(run, rows);
  const std::string& name = l.first.cell.label;
  const std::string& next = l.second.cell.label;
  if (l.blocks == 0) {
    return fmt::format("{} served {} and is ahead; no block has a valid trial of both it and {}",
                       name, l.first_rate, next);
  }
  if (!l.ratio.low) {
    return fmt::format(
        "{} {}: {}, {:.2f} times as many as {}, the next, with {}; without an interval ({}) this "
        "is "
        "not sure",
        name, how_it_leads(l), l.first_rate, l.ratio.estimate, next, l.second_rate,
        blocks_text(l.blocks, l.fresh));
  }
  return decided_text(l, candidates_of(rows));
}

/// What it would take to settle what is not settled.
std::vector<std::string> open_questions(const record::Run& run, const std::vector<Row>& rows) {
  const std::string& first = rows[0].cell.label;
  const std::string& next = rows[1].cell.label;
  const auto fresh = log_differences(run, throughput, first, next, Blocks::fresh);
  std::vector<std::string> others = candidates_of(rows);
  std::erase(others, first);
  if (!fresh.empty()) std::erase(others, next);
  const auto ranked = static_cast<std::size_t>(std::ranges::count_if(rows, &Row::ranked));
  return {what_it_takes(run, fresh), what_the_others_take(run, first, others, ranked),
          without_a_place(rows)};
}

}  // namespace

std::string listed(std::span<const std::string> labels) {
  constexpr std::size_t all_named = 5;
  const std::size_t named = labels.size() <= all_named ? labels.size() : all_named - 1;
  std::string text;
  for (std::size_t i = 0; i < named; ++i) {
    const bool last = i + 1 == labels.size();
    text += fmt::format("{}{}", i == 0 ? "" : last ? " and " : ", ", labels[i]);
  }
  if (named < labels.size()) text += fmt::format(" and {} more", labels.size() - named);
  return text;
}

std::string headline(const record::Run& run, const std::vector<Row>& rows) {
  if (rows.empty() || !rows[0].ranked()) return nothing_valid(rows);
  const Row& first = rows[0];
  if (rows.size() == 1 || !rows[1].ranked()) {
    return fmt::format("{} served {:.0f} requests/s; there is nothing valid to compare it with.",
                       first.cell.label, first.throughput_per_s.estimate);
  }
  std::string text = text_of(run, rows) + limiters_text(first, rows[1]) + ".";
  for (const std::string& more : open_questions(run, rows)) {
    if (!more.empty()) text += " " + more;
  }
  return text;
}

}  // namespace unrig::analysis
