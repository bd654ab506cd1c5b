#include "analysis/ratios.h"

#include <algorithm>

#include "base/random.h"
#include "stats/rank_chances.h"
#include "stats/stopping.h"

namespace unrig::analysis {

Ratios::Ratios(const record::Run& run, Figure figure, Blocks blocks)
    : run_(run),
      sequential_(number_followed(run.manifest, blocks)),
      table_(table_of(run, figure, blocks)) {
  RandomStream random(run.manifest.seed, "order of the blocks");
  likeness_ = stats::likeness(table_, random);
}

double Ratios::asked(double confidence) const {
  return sequential_ ? stats::sequential_confidence(confidence) : confidence;
}

stats::Estimate Ratios::estimate(const std::vector<double>& log_differences, double counting,
                                 double confidence) const {
  const stats::Allowance allowance{.correlation = correlation(), .counting = counting};
  auto ratio = stats::block_ratio_interval(log_differences, allowance, asked(confidence));
  ratio.confidence = confidence;
  return ratio;
}

stats::Estimate Ratios::of(std::size_t a, std::size_t b, double confidence) const {
  return estimate(table_.log_differences(a, b), table_.counting_error(a, b), confidence);
}

std::vector<stats::Estimate> Ratios::without_each(std::size_t a, std::size_t b) const {
  const auto all = table_.log_differences(a, b);
  const double counting = table_.counting_error(a, b);
  std::vector<stats::Estimate> found;
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto others = all;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    found.push_back(estimate(others, counting, 0.95));
  }
  return found;
}

std::vector<std::vector<double>> Ratios::rank_chances(const std::vector<std::size_t>& cells) const {
  RandomStream random(run_.manifest.seed, "chances of ranks");
  return stats::rank_chances(table_.part(cells), random, {.correlation = correlation()});
}

stats::Estimate Ratios::of(const std::string& a, const std::string& b) const {
  return of(index_of(run_, a), index_of(run_, b));
}

std::size_t Ratios::blocks(std::size_t a, std::size_t b) const {
  return table_.log_differences(a, b).size();
}

std::vector<stats::Estimate> Ratios::together(const std::vector<std::size_t>& cells,
                                              std::size_t base) const {
  std::vector<std::size_t> all = cells;
  all.push_back(base);
  RandomStream random(run_.manifest.seed, "comparison with the baseline");
  const auto pairs = stats::compare_with(cells.size(), table_.part(all), random,
                                         {.confidence = asked(0.95), .correlation = correlation()});
  std::vector<stats::Estimate> found;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    stats::Estimate single = of(cells[i], base);
    const stats::Estimate& joint = pairs[i].ratio;
    if (single.low && joint.low) {
      single.low = std::min(*single.low, *joint.low);
      single.high = std::max(*single.high, *joint.high);
    } else {
      single.low = single.high = std::nullopt;
    }
    found.push_back(single);
  }
  return found;
}

std::vector<stats::Pair> Ratios::all_pairs(const std::vector<std::size_t>& cells) const {
  RandomStream random(run_.manifest.seed, "comparison of all pairs");
  return stats::compare_pairs(table_.part(cells), random,
                              {.confidence = asked(0.95), .correlation = correlation()});
}

}  // namespace unrig::analysis
