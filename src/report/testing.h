/// \file
/// Runs for the tests of this module.
#pragma once

#include "record/record.h"

namespace unrig::report {

/// Adds a valid trial of every cell that did not fail to each of `blocks` blocks, block after block
/// in the order of the cells: what `trial_of(cell)` makes, with the cell's names.
template <class TrialOf>
void add_blocks(record::Run& run, int blocks, TrialOf trial_of) {
  for (int block = 1; block <= blocks; ++block) {
    for (const record::Cell& cell : run.manifest.cells) {
      if (!cell.failure.empty()) continue;
      record::Trial trial = trial_of(cell);
      trial.label = cell.label;
      trial.stack = cell.stack;
      trial.vintage = cell.vintage;
      trial.block = block;
      run.trials.push_back(trial);
    }
  }
}

}  // namespace unrig::report
