#include "stats/blocks.h"

#include <cassert>
#include <cmath>

namespace unrig::stats {

BlockTable::BlockTable(std::size_t stacks, std::size_t blocks)
    : stacks_(stacks), blocks_(blocks), logarithms_(stacks * blocks) {}

void BlockTable::set(std::size_t block, std::size_t stack, double value) {
  assert(block < blocks_ && stack < stacks_);
  assert(value > 0 && std::isfinite(value));
  logarithms_[block * stacks_ + stack] = std::log(value);
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

}  // namespace unrig::stats
