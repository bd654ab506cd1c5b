/// \file
/// Which cells run next, decided from the trials that there are. Pure, so that a resumed run goes
/// on where the first one stopped.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "record/record.h"
#include "trial/bench.h"

namespace unrig::experiment {

/// How long a run goes on.
struct Rule {
  int blocks = 3;               ///< planned blocks; 0: until every ratio to the baseline is precise
  double precision = 0.02;      ///< relative half-width to reach, where blocks is 0
  int blocks_limit = 200;       ///< never more planned blocks than this, where blocks is 0
  int make_up_limit = 2;        ///< trials of one cell that are repeated: disturbed, or not steady
  int confirmation_blocks = 3;  ///< fresh blocks of the fastest two for the headline; 0: none
  bool confirms_baseline = false;  ///< instead of the fastest two: the fastest and the baseline
};

/// What is left to do of one block.
struct Block {
  int number = 1;
  record::Purpose purpose = record::Purpose::planned;
  std::vector<std::size_t> cells;  ///< in the order in which they run; those that have run left out
  int position = 0;                ///< trials that this block already has
};

/// The next block, or nothing when the run is complete. `run.manifest` names cells and baseline;
/// cells that failed are left out. The order within a block is drawn from the manifest's seed.
///
/// Planned blocks have every cell; where they go on until the ratios are precise, a cell that is
/// precise enough leaves the later ones and the baseline stays. Trials that were disturbed or found
/// no steady state are repeated in make-up blocks, together with the baseline. Where there are more
/// than two cells, the fastest and the next are then measured once more in fresh blocks: the best
/// of many looks better than it is in the blocks that made it the best.
[[nodiscard]] std::optional<Block> next_block(const record::Run& run, const Rule& rule);

/// The phases of one trial: a cell that found no steady state warms up for twice as long in its
/// make-up blocks.
[[nodiscard]] trial::Phases phases_of(const record::Run& run, std::size_t cell,
                                      record::Purpose purpose, trial::Phases usual);

/// How many trials a run of `cells` cells, the baseline's double among them, will have when none is
/// disturbed and none fails; planned blocks that follow from the precision count as the ten that
/// there are at least.
[[nodiscard]] int expected_trials(const Rule& rule, std::size_t cells, bool has_double = false);

/// The order of the cells 0 … n-1 in one block (from 1). The same seed gives the same order.
[[nodiscard]] std::vector<std::size_t> block_order(std::uint64_t seed, int block, std::size_t n);

/// The seed of one trial. Depends on nothing but its arguments, so that a resumed run repeats it.
[[nodiscard]] std::uint64_t trial_seed(std::uint64_t seed, int block, std::size_t cell);

}  // namespace unrig::experiment
