#include "stats/blocks.h"

#include <cassert>
#include <cmath>
#include <limits>

#include "stats/interval.h"

namespace unrig::stats {
namespace {

std::vector<double> own_logs(const BlockTable& table, std::size_t stack) {
  std::vector<double> logs;
  for (std::size_t block = 0; block < table.blocks(); ++block) {
    if (const auto log = table.log_at(block, stack)) logs.push_back(*log);
  }
  return logs;
}

}  // namespace

BlockTable::BlockTable(std::size_t stacks, std::size_t blocks)
    : stacks_(stacks), blocks_(blocks), logarithms_(stacks * blocks), counting_(stacks * blocks) {}

void BlockTable::set(std::size_t block, std::size_t stack, double value, double counted) {
  assert(block < blocks_ && stack < stacks_);
  assert(value > 0 && std::isfinite(value));
  logarithms_[block * stacks_ + stack] = std::log(value);
  counting_[block * stacks_ + stack] = counting_error_of(counted);
}

BlockTable BlockTable::part(const std::vector<std::size_t>& stacks) const {
  BlockTable kept(stacks.size(), blocks_);
  for (std::size_t block = 0; block < blocks_; ++block) {
    for (std::size_t i = 0; i < stacks.size(); ++i) {
      kept.logarithms_[block * stacks.size() + i] = log_at(block, stacks[i]);
      kept.counting_[block * stacks.size() + i] = counting_[block * stacks_ + stacks[i]];
    }
  }
  return kept;
}

std::vector<double> BlockTable::log_differences(std::size_t a, std::size_t b) const {
  std::vector<double> differences;
  for (std::size_t block = 0; block < blocks_; ++block) {
    const auto log_a = log_at(block, a);
    const auto log_b = log_at(block, b);
    if (log_a && log_b) differences.push_back(*log_a - *log_b);
  }
  return differences;
}

double BlockTable::counting_error(std::size_t a, std::size_t b) const {
  double sum = 0;
  std::size_t common = 0;
  for (std::size_t block = 0; block < blocks_; ++block) {
    if (!log_at(block, a) || !log_at(block, b)) continue;
    sum += counting_[block * stacks_ + a] + counting_[block * stacks_ + b];
    ++common;
  }
  return common == 0 ? 0 : sum / static_cast<double>(common);
}

double BlockTable::counting_error(std::size_t stack) const {
  return counting_error(stack, stack) / 2;
}

double counting_error_of(double counted) {
  if (counted <= 0) return 0;
  return counted < 2 ? std::numeric_limits<double>::infinity() : -std::log1p(-1 / counted);
}

std::vector<double> log_levels(const BlockTable& table, std::optional<std::size_t> reference) {
  const double base = reference ? mean(own_logs(table, *reference)) : 0;
  std::vector<double> levels;
  for (std::size_t stack = 0; stack < table.stacks(); ++stack) {
    const auto differences =
        reference ? table.log_differences(stack, *reference) : std::vector<double>{};
    levels.push_back(differences.empty() ? mean(own_logs(table, stack)) : base + mean(differences));
  }
  return levels;
}

}  // namespace unrig::stats
