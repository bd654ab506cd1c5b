/// \file
/// Which cells run next, decided from the trials that there are. Pure, so that a resumed run goes
/// on where the first one stopped.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "plan/bench.h"
#include "record/record.h"

namespace unrig::experiment {

/// How long a run goes on.
struct Rule {
  int blocks = 3;           ///< planned blocks; 0: until every ratio to the baseline is precise
  double precision = 0.02;  ///< relative half-width to reach, where blocks is 0
  int blocks_limit = 200;   ///< never more planned blocks than this, where blocks is 0
  int make_up_limit = 2;    ///< trials of one cell that are repeated: disturbed, or not steady
  /// A make-up block in which everything was disturbed is the last, and so are three fresh blocks
  /// that say nothing, unless they are this one or before.
  int disturbed_until = 0;
  int confirmation_blocks = 10;  ///< fresh blocks of the fastest two for the headline; 0: none
  bool confirms_until_precise = true;  ///< fewer, once their ratio is precise enough
  /// The planned block whose windows lie later, so that a slow start is seen; 0: none.
  int later_block = 0;
  /// Planned blocks after the first have only the cells that may still be the fastest.
  bool searches = false;
  bool confirms_baseline = false;  ///< instead of the fastest two: the fastest and the baseline
  /// Blocks in which a perturbed cell and the same unchanged have to count; 0: none is perturbed.
  int perturbation_blocks = 0;
};

/// What is left to do of one block.
struct Block {
  int number = 1;
  record::Purpose purpose = record::Purpose::planned;
  /// By their places (plan/perturbation.h), in the order in which they run; those that have run
  /// left out.
  std::vector<std::size_t> cells;
  int position = 0;    ///< trials that this block already has
  bool later = false;  ///< its windows begin two windows later than usual
};

/// The next block, or nothing when the run is complete. `run.manifest` names cells and baseline;
/// cells that failed are left out. The order within a block is drawn from the manifest's seed.
///
/// Planned blocks have every cell, or those that may still be the fastest where the rule searches:
/// the first two, those less than a fifth behind the first, and those of which no trial counts yet.
/// Where they go on until the ratios are precise, a cell that is
/// precise enough beside its partner (plan::beside: the baseline or, in a grid, its stack at the
/// same setting) leaves the later ones, and the partners of the others stay. Trials that were
/// disturbed or found no steady state are repeated in make-up blocks, together with the partners.
/// Where there are more than two cells, the fastest and the next are then measured once more in
/// fresh blocks: the best of many looks better than it is in the blocks that made it the best. How
/// precise their ratio has to become follows from the planned blocks alone, which the fresh ones do
/// not depend on: so they end on precision, never because a difference has become visible.
///
/// The manifest's perturbations, once there are any, come last: blocks of all that are perturbed
/// with the same cells unchanged, as many as the rule says, whatever they show. What was disturbed
/// in one is made up for by another, up to twice as many.
[[nodiscard]] std::optional<Block> next_block(const record::Run& run, const Rule& rule);

/// Whether the block has trials and every one of them was disturbed.
[[nodiscard]] bool all_disturbed(const record::Run& run, int block);

/// The rule for a run that goes on at another time, when the machine may be quieter: what was
/// disturbed is made up for anew.
[[nodiscard]] Rule rule_to_go_on(Rule rule, const record::Run& run);

/// The relative half-width at which the fresh blocks of two cells end: half of the difference that
/// the blocks before `block` show, and half the margin at least.
[[nodiscard]] double confirmation_precision(const record::Run& run, std::size_t a, std::size_t b,
                                            int block);

/// The phases of one trial: a cell that found no steady state warms up for twice as long in its
/// make-up blocks, and a slow one is measured for longer (experiment/window.h). In a later block
/// two more windows pass before the one that counts.
[[nodiscard]] plan::Phases phases_of(const record::Run& run, std::size_t cell, const Block& block,
                                     plan::Phases usual);

/// How many trials a run of `cells` cells, the baseline's double among them, will have when none is
/// disturbed and none fails; planned blocks that follow from the precision count as the ten that
/// there are at least, and so do fresh blocks that end on precision. `confirmed`: cells that may be
/// perturbed; which settings are is not known before.
[[nodiscard]] int expected_trials(const Rule& rule, std::size_t cells, bool has_double = false,
                                  std::size_t confirmed = 0);
/// Trials of one perturbation block, as far as that can be told before: of each such cell itself,
/// its suspect and one rival.
inline constexpr int expected_perturbed_trials = 3;

/// The order of the cells 0 … n-1 in one block (from 1). The same seed gives the same order.
[[nodiscard]] std::vector<std::size_t> block_order(std::uint64_t seed, int block, std::size_t n);

/// The seed of one trial. Depends on nothing but its arguments, so that a resumed run repeats it.
[[nodiscard]] std::uint64_t trial_seed(std::uint64_t seed, int block, std::size_t cell);

}  // namespace unrig::experiment
