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

  /// value > 0 and finite, in any unit that is the same for all. Where it comes from counting,
  /// `counted` whole things of it were seen, of which one at each end may be by chance; 0: no
  /// counting, or it is not known.
  void set(std::size_t block, std::size_t stack, double value, double counted = 0);

  [[nodiscard]] std::size_t stacks() const { return stacks_; }
  [[nodiscard]] std::size_t blocks() const { return blocks_; }
  [[nodiscard]] std::optional<double> log_at(std::size_t block, std::size_t stack) const {
    return logarithms_[block * stacks_ + stack];
  }
  /// The same blocks of these stacks alone, in this order.
  [[nodiscard]] BlockTable part(const std::vector<std::size_t>& stacks) const;
  /// ln(a) - ln(b), one for each block in which both were measured, in the order of the blocks.
  [[nodiscard]] std::vector<double> log_differences(std::size_t a, std::size_t b) const;
  /// How far counting may have moved the mean of those: it may have erred the same way in every
  /// block. Infinite where a count was below two.
  [[nodiscard]] double counting_error(std::size_t a, std::size_t b) const;
  /// The same of the mean logarithm of one stack.
  [[nodiscard]] double counting_error(std::size_t stack) const;

 private:
  std::size_t stacks_;
  std::size_t blocks_;
  std::vector<std::optional<double>> logarithms_;
  std::vector<double> counting_;  // of each logarithm
};

/// How far a logarithm may be off that comes from counting `counted` whole things in a window: one
/// at each end of it may be by chance. Infinite below two, 0 where nothing was counted.
[[nodiscard]] double counting_error_of(double counted);

/// What to order stacks by that were not all measured in the same blocks: the logarithm of each
/// one's level, as far as it lies from `reference` in the blocks that they share. A stack is not
/// lifted by having missed the slow blocks. Where there is no shared block, or no reference, the
/// mean of its own logarithms; NaN for a stack that was never measured.
[[nodiscard]] std::vector<double> log_levels(const BlockTable& table,
                                             std::optional<std::size_t> reference);

}  // namespace unrig::stats
