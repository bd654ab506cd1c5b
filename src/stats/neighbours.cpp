#include "stats/neighbours.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

namespace unrig::stats {
namespace {

constexpr double correlation_max = 0.8;  // more cannot be told from a change of the level
constexpr double no_spread = 1e-12;      // of logarithms: rounding

/// Deviations by block and stack, row by row; 0 where a trial is missing.
struct Deviations {
  std::size_t stacks = 0;
  std::vector<double> values;
  std::vector<bool> there;

  [[nodiscard]] std::size_t blocks() const { return stacks == 0 ? 0 : values.size() / stacks; }
  [[nodiscard]] std::size_t at(std::size_t block, std::size_t stack) const {
    return block * stacks + stack;
  }
  /// Takes the mean of what is there of `count` places from each, `step` apart from `first` on.
  void centre(std::size_t first, std::size_t step, std::size_t count) {
    double sum = 0;
    std::size_t found = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!there[first + i * step]) continue;
      sum += values[first + i * step];
      ++found;
    }
    if (found == 0) return;
    for (std::size_t i = 0; i < count; ++i) {
      if (there[first + i * step]) values[first + i * step] -= sum / static_cast<double>(found);
    }
  }
};

/// The blocks in which anything was measured, in their order.
Deviations deviations_of(const BlockTable& table) {
  Deviations found{.stacks = table.stacks(), .values = {}, .there = {}};
  for (std::size_t block = 0; block < table.blocks(); ++block) {
    std::vector<double> row;
    std::vector<bool> there;
    for (std::size_t stack = 0; stack < table.stacks(); ++stack) {
      const auto value = table.log_at(block, stack);
      row.push_back(value.value_or(0));
      there.push_back(value.has_value());
    }
    if (std::ranges::find(there, true) == there.end()) continue;
    found.values.insert(found.values.end(), row.begin(), row.end());
    found.there.insert(found.there.end(), there.begin(), there.end());
  }
  return found;
}

void take_out_levels(Deviations& d, bool within_blocks) {
  constexpr int rounds = 3;  // with gaps, one round leaves a little of both
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t stack = 0; stack < d.stacks; ++stack) d.centre(stack, d.stacks, d.blocks());
    if (!within_blocks) return;
    for (std::size_t block = 0; block < d.blocks(); ++block)
      d.centre(block * d.stacks, 1, d.stacks);
  }
}

/// products[i * blocks + j]: of blocks i and j, summed over the stacks, each with squares of 1.
std::vector<double> products_of(const Deviations& d) {
  const std::size_t blocks = d.blocks();
  std::vector<double> products(blocks * blocks);
  for (std::size_t stack = 0; stack < d.stacks; ++stack) {
    double squares = 0;
    for (std::size_t i = 0; i < blocks; ++i) squares += std::pow(d.values[d.at(i, stack)], 2);
    if (!(squares > no_spread * no_spread)) continue;
    for (std::size_t i = 0; i < blocks; ++i) {
      for (std::size_t j = 0; j < blocks; ++j) {
        products[i * blocks + j] += d.values[d.at(i, stack)] * d.values[d.at(j, stack)] / squares;
      }
    }
  }
  return products;
}

/// Stacks with any spread; what is left of them when the blocks' levels are out is one less.
std::size_t series_of(const Deviations& d, bool within_blocks) {
  std::size_t stacks = 0;
  for (std::size_t stack = 0; stack < d.stacks; ++stack) {
    for (std::size_t block = 0; block < d.blocks(); ++block) {
      if (std::abs(d.values[d.at(block, stack)]) <= no_spread) continue;
      ++stacks;
      break;
    }
  }
  return within_blocks && stacks > 1 ? stacks - 1 : stacks;
}

/// Of each block with the next in that order.
double of_neighbours(std::span<const double> products, std::span<const std::size_t> order) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    sum += products[order[i] * order.size() + order[i + 1]];
  }
  return sum;
}

}  // namespace

std::optional<Likeness> likeness(const BlockTable& table, RandomStream& random,
                                 const NeighboursRule& rule) {
  Deviations d = deviations_of(table);
  const std::size_t blocks = d.blocks();
  if (blocks < rule.blocks_min) return std::nullopt;
  take_out_levels(d, rule.within_blocks);
  const std::vector<double> products = products_of(d);
  double squares = 0;
  for (std::size_t i = 0; i < blocks; ++i) squares += products[i * blocks + i];
  if (squares == 0) return std::nullopt;

  std::vector<std::size_t> order(blocks);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const double observed = of_neighbours(products, order);
  std::size_t as_much = 1;  // the order that they came in
  for (std::size_t i = 0; i < rule.permutations; ++i) {
    random.shuffle(std::span(order));
    as_much += of_neighbours(products, order) >= observed ? 1 : 0;
  }
  const double p = static_cast<double>(as_much) / static_cast<double>(rule.permutations + 1);
  const bool conclusive = shows_likeness(blocks, series_of(d, rule.within_blocks));
  if (p > rule.error) return Likeness{.conclusive = conclusive};
  const auto n = static_cast<double>(blocks);
  const double corrected = (observed / squares * n + 1) / (n - 3);
  return Likeness{.found = true,
                  .correlation = std::clamp(corrected, 0.0, correlation_max),
                  .conclusive = conclusive};
}

bool shows_likeness(std::size_t blocks, std::size_t series) {
  if (blocks < NeighboursRule{}.blocks_min) return false;
  const auto n = static_cast<double>(blocks);
  const double seen = strong_likeness - (1 + 4 * strong_likeness) / n;  // in the mean
  const double without = -1 / n;
  const double scatter = 1 / std::sqrt(n * static_cast<double>(series));
  // A tenth of either lies 1.28 beyond; few trials scatter less than that (simulated).
  constexpr double apart = 2.3;
  return seen - without >= apart * scatter;
}

Widening widening(double correlation, std::size_t blocks) {
  assert(correlation >= 0 && correlation < 1 && blocks >= 2);
  const auto n = static_cast<double>(blocks);
  if (correlation == 0) return {.factor = 1, .degrees = n - 1};
  // The variance of the mean is (1 + shared) / n of one trial's, and the spread that is seen falls
  // short of that one's by shared / (n - 1).
  double shared = 0;
  double power = 1;
  for (std::size_t apart = 1; apart < blocks; ++apart) {
    power *= correlation;
    shared += 2 * (1 - static_cast<double>(apart) / n) * power;
  }
  constexpr double degrees_min = 3;  // fewer make an interval endless, and cover no more
  return {.factor = std::sqrt((1 + shared) / (1 - shared / (n - 1))),
          .degrees = std::clamp(n / (1 + shared) - 1, std::min(degrees_min, n - 1), n - 1)};
}

}  // namespace unrig::stats
