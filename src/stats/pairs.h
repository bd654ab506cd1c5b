/// \file
/// All pairs of many stacks at once: intervals that hold together, ranks with their uncertainty,
/// and ties. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/random.h"
#include "stats/blocks.h"
#include "stats/interval.h"

namespace unrig::stats {

/// Two stacks compared over the blocks that both took part in.
struct Pair {
  std::size_t a = 0;
  std::size_t b = 0;  ///< of all pairs: above a
  /// a over b. The intervals of all pairs cover together: with probability `confidence` not one of
  /// them misses. Empty below 3 common blocks.
  Estimate ratio;
  /// Whether a and b differ, by the step-down test: with probability `confidence` no true tie is
  /// called a difference. Somewhat sharper than asking whether the interval leaves out 1.
  bool differs = false;
};

struct PairsRule {
  double confidence = 0.95;
  std::size_t resamples = 10'000;
  /// Pairs with fewer common blocks are not resampled: 2^blocks sign patterns are too few.
  std::size_t resampled_blocks_min = 10;
  double correlation = 0;  ///< of a trial with the next one (stats/neighbours.h): widens
};

/// Every pair, ordered by (a, b). Simultaneous intervals by max-|t| and decisions by its step-down
/// (Romano and Wolf 2005; the step-down in one pass, Westfall and Young 1993).
///
/// Blocks are resampled by the wild bootstrap: each keeps its deviations or turns their sign
/// (Liu 1988). Two equal stacks differ symmetrically whatever their noise, so under equality this
/// is nearly a permutation test. Drawing blocks with replacement instead doubles the width at 10
/// blocks. Where pairs have different numbers of blocks, their t are compared by tail probability
/// (Wallace 1959). Pairs with too few blocks to resample get Student's t at their share of alpha
/// (Bonferroni), and the others only what is left. What counting may have added (see BlockTable)
/// widens every interval, and is taken from every difference.
[[nodiscard]] std::vector<Pair> compare_pairs(const BlockTable& table, RandomStream& random,
                                              const PairsRule& rule = {});

/// Every other stack over `base`, in their order; by the same methods, for those pairs alone.
[[nodiscard]] std::vector<Pair> compare_with(std::size_t base, const BlockTable& table,
                                             RandomStream& random, const PairsRule& rule = {});

/// Ranks that a stack can have, 1 for the largest value.
struct RankSet {
  std::size_t low = 1;
  std::size_t high = 1;
};

/// One per stack: 1 + the number of stacks that are surely above it … `stacks` - the number surely
/// below it (Mogstad, Romano, Shaikh and Wilhelm 2024). All sets hold together, at the confidence
/// of the pairs.
[[nodiscard]] std::vector<RankSet> rank_sets(std::size_t stacks, std::span<const Pair> pairs);

/// Cuts `order` (stacks, the largest first) into groups of ties: a group is its first stack and
/// those after it that cannot be told apart from it; the first that can begins the next group.
[[nodiscard]] std::vector<std::vector<std::size_t>> tie_groups(std::span<const std::size_t> order,
                                                               std::span<const Pair> pairs);

}  // namespace unrig::stats
