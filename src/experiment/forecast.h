/// \file
/// What a run will take, before anything starts. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/units.h"
#include "experiment/schedule.h"
#include "plan/bench.h"
#include "record/record.h"

namespace unrig::experiment {

/// What comes on top of warm-up and measurement. The values that stand here are assumptions, for a
/// home without runs.
struct Cost {
  Duration between = std::chrono::seconds(3);  ///< two trials: restart, drain, counting
  Duration look = std::chrono::seconds(5);     ///< at one stack, before the first trial
  /// One stored trial with its histograms, as the store has it (record::Store::bytes_of_a_trial).
  /// Hardly depends on the run: those grow with the logarithm of what was measured.
  std::int64_t record_bytes = 8192;
  int trials = 0;  ///< that this was seen at; 0: it is assumed
};

/// Times are the means of earlier runs; what a record takes is the store's to say. A pause of more
/// than a minute is none between two trials: there the run was interrupted and went on later.
[[nodiscard]] Cost cost_of(std::span<const record::Run> earlier);

struct Forecast {
  std::vector<Block> planned;  ///< with the order of their cells
  int confirming = 0;          ///< fresh blocks of the fastest two, after them
  /// Blocks in which limiters are put to the test, after all others. What is changed in them is not
  /// known before: `trials` has expected_perturbed_trials of each cell.
  int perturbing = 0;
  int looks = 0;  ///< at stacks, before (plan::looks)
  int trials = 0;
  Duration duration{0};
  std::int64_t disk_bytes = 0;
};

/// What `run` has still to do if every trial counts; all of it where it has no trials yet. Where
/// blocks follow from the precision, as many as there are at least.
[[nodiscard]] Forecast forecast(record::Run run, const Rule& rule, const plan::Phases& phases,
                                const Cost& cost);

}  // namespace unrig::experiment
