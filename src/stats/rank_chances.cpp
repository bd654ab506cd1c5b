#include "stats/rank_chances.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "stats/interval.h"
#include "stats/neighbours.h"

namespace unrig::stats {
namespace {

/// The stacks with trials enough: levels, and what one block's number moves each of them by.
struct Scatter {
  std::vector<std::size_t> stacks;
  std::vector<double> levels;
  std::vector<double> moves;  // block after block
  std::vector<std::size_t> trials;
};

std::vector<std::size_t> stacks_with_trials(const BlockTable& table, std::vector<std::size_t>& n) {
  std::vector<std::size_t> found;
  for (std::size_t stack = 0; stack < table.stacks(); ++stack) {
    std::size_t trials = 0;
    for (std::size_t block = 0; block < table.blocks(); ++block) {
      if (table.log_at(block, stack)) ++trials;
    }
    if (trials < interval_values_min) continue;
    found.push_back(stack);
    n.push_back(trials);
  }
  return found;
}

/// The level of the first of the stacks is what those of the others are told from, so that a block
/// that one of them missed takes nothing from it.
Scatter scatter_of(const BlockTable& whole, double correlation) {
  Scatter scatter;
  scatter.stacks = stacks_with_trials(whole, scatter.trials);
  if (scatter.stacks.empty()) return scatter;
  const BlockTable table = whole.part(scatter.stacks);
  const std::size_t count = table.stacks();
  scatter.levels = log_levels(table, 0);
  scatter.moves.assign(table.blocks() * count, 0);
  for (std::size_t block = 0; block < table.blocks(); ++block) {
    double sum = 0;
    std::size_t there = 0;
    for (std::size_t k = 0; k < count; ++k) {
      if (const auto value = table.log_at(block, k)) sum += *value - scatter.levels[k], ++there;
    }
    for (std::size_t k = 0; k < count; ++k) {
      const auto value = table.log_at(block, k);
      if (!value) continue;
      const auto n = static_cast<double>(scatter.trials[k]);
      // What the block did to all is in every level alike, and in no order of them.
      scatter.moves[block * count + k] =
          (*value - scatter.levels[k] - sum / static_cast<double>(there)) / std::sqrt(n * (n - 1)) *
          widening(correlation, scatter.trials[k]).factor;
    }
  }
  return scatter;
}

/// What a normal number has to be multiplied with to become a t with so many degrees of freedom.
double t_over_normal(std::size_t degrees, RandomStream& random) {
  double squares = 0;
  for (std::size_t i = 0; i < degrees; ++i) squares += std::pow(random.normal(), 2);
  return std::sqrt(static_cast<double>(degrees) / squares);
}

}  // namespace

std::vector<std::vector<double>> rank_chances(const BlockTable& table, RandomStream& random,
                                              const RankChancesRule& rule) {
  std::vector<std::vector<double>> chances(table.stacks());
  const Scatter scatter = scatter_of(table, rule.correlation);
  const std::size_t count = scatter.stacks.size();
  if (count == 0) return chances;
  const std::size_t most = *std::ranges::max_element(scatter.trials);
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<double> drawn(count);
  std::vector<std::vector<std::size_t>> at(count, std::vector<std::size_t>(count));
  for (std::size_t draw = 0; draw < rule.draws; ++draw) {
    std::ranges::fill(drawn, 0.0);
    for (std::size_t block = 0; block < table.blocks(); ++block) {
      const double number = random.normal();
      for (std::size_t k = 0; k < count; ++k) drawn[k] += number * scatter.moves[block * count + k];
    }
    const double tail = t_over_normal(most - 1, random);
    for (std::size_t k = 0; k < count; ++k) drawn[k] = scatter.levels[k] + tail * drawn[k];
    std::ranges::sort(order, [&](auto a, auto b) { return drawn[a] > drawn[b]; });
    for (std::size_t place = 0; place < count; ++place) ++at[order[place]][place];
  }
  for (std::size_t k = 0; k < count; ++k) {
    auto& list = chances[scatter.stacks[k]];
    std::size_t sum = 0;
    for (const std::size_t times : at[k]) {
      sum += times;
      list.push_back(static_cast<double>(sum) / static_cast<double>(rule.draws));
    }
  }
  return chances;
}

}  // namespace unrig::stats
