#include "analysis/robustness.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/figures.h"
#include "analysis/ratios.h"
#include "base/plural.h"

namespace unrig::analysis {
namespace {

Lead lead_of(const stats::Estimate& ratio) {
  if (!ratio.low) return Lead::not_sure;
  return *ratio.low > 1 ? Lead::ahead : *ratio.high < 1 ? Lead::behind : Lead::not_sure;
}

/// Numbers of the blocks in which both count.
std::vector<int> common_blocks(const Ratios& ratios, std::size_t a, std::size_t b) {
  std::vector<int> blocks;
  for (std::size_t block = 0; block < ratios.table().blocks(); ++block) {
    if (ratios.table().log_at(block, a) && ratios.table().log_at(block, b)) {
      blocks.push_back(static_cast<int>(block) + 1);
    }
  }
  return blocks;
}

std::string_view lead_text(Lead lead) {
  return lead == Lead::ahead    ? "sure to be ahead"
         : lead == Lead::behind ? "sure to be behind"
                                : "not to be told apart";
}

std::string sentence_of(const Robustness& robustness) {
  const auto low = std::ranges::min(robustness.without, {}, [](const auto& w) {
                     return w.ratio.estimate;
                   }).ratio.estimate;
  const auto high = std::ranges::max(robustness.without, {}, [](const auto& w) {
                      return w.ratio.estimate;
                    }).ratio.estimate;
  const std::string blocks =
      counted(robustness.without.size(), robustness.fresh ? "fresh block" : "block");
  if (robustness.stands && robustness.lead == Lead::not_sure) {
    return fmt::format(
        "{} and {} cannot be told apart without any one of their {} either: their ratio is {:.2f} "
        "to "
        "{:.2f}, whichever is left out.",
        robustness.first, robustness.second, blocks, low, high);
  }
  if (robustness.stands) {
    return fmt::format(
        "The answer stands without any one of its {}: {} over {} is {:.2f} to {:.2f}, whichever is "
        "left out.",
        blocks, robustness.first, robustness.second, low, high);
  }
  const auto& turned = *std::ranges::find(robustness.without, false, &WithoutBlock::same);
  const auto others = std::ranges::count(robustness.without, false, &WithoutBlock::same) - 1;
  return fmt::format(
      "The answer rests on single blocks of its {}: without block {}{} {} over {} is {:.2f} "
      "[{:.2f}, {:.2f}], {} instead of {}.",
      blocks, turned.block,
      others == 0 ? "" : fmt::format(" (and the same way without {})", counted(others, "other")),
      robustness.first, robustness.second, turned.ratio.estimate, *turned.ratio.low,
      *turned.ratio.high, lead_text(lead_of(turned.ratio)), lead_text(robustness.lead));
}

}  // namespace

std::optional<Robustness> robustness_of(const record::Run& run, const Summary& summary) {
  const auto& rows = summary.rows;
  if (rows.size() < 2 || !rows[0].ranked() || !rows[1].ranked()) return std::nullopt;
  Robustness robustness{
      .first = rows[0].cell.label, .second = rows[1].cell.label, .ratio = {}, .sentence = {}};
  const std::size_t a = index_of(run, robustness.first);
  const std::size_t b = index_of(run, robustness.second);
  robustness.fresh = Ratios(run, throughput, Blocks::fresh).blocks(a, b) > 0;
  const Ratios ratios(run, throughput, robustness.fresh ? Blocks::fresh : Blocks::table);
  if (ratios.blocks(a, b) == 0) return std::nullopt;
  robustness.ratio = ratios.of(a, b);
  robustness.lead = lead_of(robustness.ratio);
  const auto estimates = ratios.without_each(a, b);
  if (!estimates.front().low) {
    robustness.sentence = fmt::format(
        "{} and {} have {} in common: without one of them there is no interval left to tell.",
        robustness.first, robustness.second, counted(estimates.size(), "block"));
    return robustness;
  }
  const auto blocks = common_blocks(ratios, a, b);
  for (std::size_t i = 0; i < estimates.size(); ++i) {
    robustness.without.push_back({.block = blocks[i],
                                  .ratio = estimates[i],
                                  .same = lead_of(estimates[i]) == robustness.lead});
  }
  robustness.stands = std::ranges::all_of(robustness.without, &WithoutBlock::same);
  robustness.sentence = sentence_of(robustness);
  return robustness;
}

}  // namespace unrig::analysis
