/// \file
/// How likely it is that a stack has one of the first places. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "base/random.h"
#include "stats/blocks.h"

namespace unrig::stats {

struct RankChancesRule {
  std::size_t draws = 4'000;
  double correlation = 0;  ///< of a trial with the next one (stats/neighbours.h): widens
};

/// One list per stack: its k-th entry, from 0, is the probability that at most k stacks are better,
/// which is P(rank <= k + 1). The lists are empty where a stack has fewer than
/// interval_values_min trials, and such stacks take no place from the others.
///
/// Levels are drawn as what blocks, as far as they scatter, say of them: every block keeps its
/// deviations, multiplied with one normal number that is common to all its stacks, and all of them
/// with what Student's t has beyond the normal distribution. Of two stacks this is one-sided
/// Student's t of their differences, P(A above B) = 1 - p / 2; of many it keeps what they have in
/// common. With a flat prior that is the posterior distribution of the levels. Chances do not hold
/// together as rank sets do (stats/pairs.h): they say how likely, not what is sure.
[[nodiscard]] std::vector<std::vector<double>> rank_chances(const BlockTable& table,
                                                            RandomStream& random,
                                                            const RankChancesRule& rule = {});

}  // namespace unrig::stats
