#include "analysis/standing.h"

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

std::string sentence_of(const Standing& standing) {
  const auto low = std::ranges::min(standing.without, {}, [](const auto& w) {
                     return w.ratio.estimate;
                   }).ratio.estimate;
  const auto high = std::ranges::max(standing.without, {}, [](const auto& w) {
                      return w.ratio.estimate;
                    }).ratio.estimate;
  const std::string blocks =
      counted(standing.without.size(), standing.fresh ? "fresh block" : "block");
  if (standing.stands && standing.lead == Lead::not_sure) {
    return fmt::format(
        "{} and {} cannot be told apart without any one of their {} either: their ratio is {:.2f} "
        "to "
        "{:.2f}, whichever is left out.",
        standing.first, standing.second, blocks, low, high);
  }
  if (standing.stands) {
    return fmt::format(
        "The answer stands without any one of its {}: {} over {} is {:.2f} to {:.2f}, whichever is "
        "left out.",
        blocks, standing.first, standing.second, low, high);
  }
  const auto& turned = *std::ranges::find(standing.without, false, &WithoutBlock::same);
  const auto others = std::ranges::count(standing.without, false, &WithoutBlock::same) - 1;
  return fmt::format(
      "The answer rests on single blocks of its {}: without block {}{} {} over {} is {:.2f} "
      "[{:.2f}, {:.2f}], {} instead of {}.",
      blocks, turned.block,
      others == 0 ? "" : fmt::format(" (and the same way without {})", counted(others, "other")),
      standing.first, standing.second, turned.ratio.estimate, *turned.ratio.low, *turned.ratio.high,
      lead_text(lead_of(turned.ratio)), lead_text(standing.lead));
}

}  // namespace

std::optional<Standing> standing_of(const record::Run& run, const Summary& summary) {
  const auto& rows = summary.rows;
  if (rows.size() < 2 || !rows[0].ranked() || !rows[1].ranked()) return std::nullopt;
  Standing standing{
      .first = rows[0].cell.label, .second = rows[1].cell.label, .ratio = {}, .sentence = {}};
  const std::size_t a = index_of(run, standing.first);
  const std::size_t b = index_of(run, standing.second);
  standing.fresh = Ratios(run, throughput, Blocks::fresh).blocks(a, b) > 0;
  const Ratios ratios(run, throughput, standing.fresh ? Blocks::fresh : Blocks::table);
  if (ratios.blocks(a, b) == 0) return std::nullopt;
  standing.ratio = ratios.of(a, b);
  standing.lead = lead_of(standing.ratio);
  const auto estimates = ratios.without_each(a, b);
  if (!estimates.front().low) {
    standing.sentence = fmt::format(
        "{} and {} have {} in common: without one of them there is no interval left to tell.",
        standing.first, standing.second, counted(estimates.size(), "block"));
    return standing;
  }
  const auto blocks = common_blocks(ratios, a, b);
  for (std::size_t i = 0; i < estimates.size(); ++i) {
    standing.without.push_back({.block = blocks[i],
                                .ratio = estimates[i],
                                .same = lead_of(estimates[i]) == standing.lead});
  }
  standing.stands = std::ranges::all_of(standing.without, &WithoutBlock::same);
  standing.sentence = sentence_of(standing);
  return standing;
}

}  // namespace unrig::analysis
