/// \file
/// The results of an experiment in blocks: one value per stack and block, some of them missing.
/// Everything in `stats` that compares several stacks starts from this table. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace unrig::stats {

/// Values are kept as natural logarithms, so that differences are ratios. A value is missing where
/// a trial was invalid or the stack had left the experiment.
class BlockTable {
 public:
  /// Everything missing.
  BlockTable(std::size_t stacks, std::size_t blocks);

  /// value > 0 and finite, in any unit that is the same for all.
  void set(std::size_t block, std::size_t stack, double value);

  [[nodiscard]] std::size_t stacks() const { return stacks_; }
  [[nodiscard]] std::size_t blocks() const { return blocks_; }
  [[nodiscard]] std::optional<double> log_at(std::size_t block, std::size_t stack) const {
    return logarithms_[block * stacks_ + stack];
  }
  /// ln(a) - ln(b), one for each block in which both were measured, in the order of the blocks.
  [[nodiscard]] std::vector<double> log_differences(std::size_t a, std::size_t b) const;

 private:
  std::size_t stacks_;
  std::size_t blocks_;
  std::vector<std::optional<double>> logarithms_;
};

/// What to order stacks by that were not all measured in the same blocks: the logarithm of each
/// one's level, as far as it lies from `reference` in the blocks that they share. A stack is not
/// lifted by having missed the slow blocks. Where there is no shared block, or no reference, the
/// mean of its own logarithms; NaN for a stack that was never measured.
[[nodiscard]] std::vector<double> log_levels(const BlockTable& table,
                                             std::optional<std::size_t> reference);

}  // namespace unrig::stats
