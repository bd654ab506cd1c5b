/// \file
/// Whether trials resemble the ones before them, which makes intervals that take them for
/// independent too narrow: looked for, and allowed for. Pure.
#pragma once

#include <cstddef>
#include <optional>

#include "base/random.h"
#include "stats/blocks.h"

namespace unrig::stats {

struct NeighboursRule {
  std::size_t blocks_min = 8;      ///< fewer show nothing
  std::size_t permutations = 999;  ///< of the blocks' order
  /// Share of experiments without any likeness in which one is found all the same. A likeness that
  /// is missed costs more than an interval that is wider than it had to be.
  double error = 0.10;
  bool within_blocks = true;  ///< looks at what is left when each block's own level is taken out
};

/// What neighbours in time have in common.
struct Likeness {
  bool found = false;
  double correlation = 0;  ///< of a trial with the next one; 0 where nothing was found
  /// Whether these are trials enough: a correlation of strong_likeness would have been found nine
  /// times in ten. Where it is not and nothing was found, intervals may be too narrow.
  bool conclusive = false;
};

inline constexpr double strong_likeness = 0.7;
/// Whether `series` independent series of `blocks` trials each would show it, by what few trials
/// take from the correlation that is seen (Kendall 1954) and how that scatters (Bartlett 1946).
[[nodiscard]] bool shows_likeness(std::size_t blocks, std::size_t series);

/// Pools the stacks: each one's deviations from its own level, every stack with the same weight,
/// multiplied with those of the next block. Found where hardly any other order of the blocks has as
/// much of it (a permutation test, exact for any noise). The correlation allows for what few blocks
/// take from it (Kendall 1954), up to 0.8. Nothing where the blocks are too few or without any
/// spread.
[[nodiscard]] std::optional<Likeness> likeness(const BlockTable& table, RandomStream& random,
                                               const NeighboursRule& rule = {});

/// What a correlation between neighbours does to an interval of a mean.
struct Widening {
  double factor = 1;   ///< of the standard error, >= 1
  double degrees = 0;  ///< of freedom for Student's t
};

/// For a mean over `blocks` trials, of a first order autoregression. blocks >= 2, correlation in
/// [0, 1).
[[nodiscard]] Widening widening(double correlation, std::size_t blocks);

}  // namespace unrig::stats
