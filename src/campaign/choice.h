/// \file
/// From names to the cells of a run. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/bench.h"
#include "record/record.h"
#include "scenario/scenario.h"
#include "stack/spec.h"

namespace unrig::campaign {

/// What was asked for, in words.
struct Asked {
  std::vector<std::string> stacks;  ///< NAME or NAME@VINTAGE; at least one
  std::string vintage;              ///< of those that do not name one
  std::vector<std::string> vary;    ///< "KNOB=V1,V2,…": each stack at every combination
  bool tune = false;                ///< the one stack with several numbers of workers
  bool layers = false;              ///< the one stack with each layer of the chain changed
  std::string baseline;             ///< a stack or a label; empty: flask-gunicorn, or the first
  bool noise_floor = false;         ///< the baseline a second time, at the end
  plan::Phases phases;              ///< of one trial, to say how long too many cells would take
};

/// Three blocks of so many take two hours, and all pairs of them some seconds to compare.
inline constexpr std::size_t most_cells = 200;

/// Every knob as it is in force, in TOML: what a manifest has.
[[nodiscard]] record::Pairs in_force(const scenario::Scenario& scenario);

struct Choice {
  std::vector<record::Cell> cells;
  std::string baseline;  ///< label of one of them
};

/// Cells are labelled with their vintage where there are several, and with what is varied. `usable`
/// cores decide on the workers. Error: usage, with did-you-mean.
[[nodiscard]] Result<Choice> choose(const Asked& asked, std::span<const stack::StackSpec> specs,
                                    const scenario::Scenario& scenario,
                                    std::span<const int> usable);

}  // namespace unrig::campaign
