/// \file
/// Randomised complete blocks: every cell once per block, in an order drawn from the seed. Drives
/// a bench; keeps every trial in the store as it ends.
#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "record/record.h"
#include "record/store.h"
#include "trial/bench.h"

namespace unrig::experiment {

struct Plan {
  std::vector<trial::Cell> cells;
  int blocks = 3;
  trial::Phases phases;
  std::uint64_t seed = 0;
};

/// The order of the cells 0 … n-1 in one block (from 1). The same seed gives the same order.
[[nodiscard]] std::vector<std::size_t> block_order(std::uint64_t seed, int block, std::size_t n);

/// The seed of one trial. Depends on nothing but its arguments, so that a resumed run repeats it.
[[nodiscard]] std::uint64_t trial_seed(std::uint64_t seed, int block, std::size_t cell);

/// How a run is told to end early. Set from another thread.
struct Stop {
  std::atomic<bool> finish{false};  ///< end after the running trial
  std::stop_source now;             ///< end at once, without it
};

/// Told what happens, in the thread that conducts the run. Must not block.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void trial_begins(const trial::Cell& cell, const trial::Place& place) = 0;
  virtual void trial_ended(const trial::Cell& cell, const record::Trial& trial) = 0;
  /// The cell takes no part in the rest of the run.
  virtual void cell_failed(const trial::Cell& cell, const Error& error) = 0;
};

struct Ending {
  bool interrupted = false;
};

/// Conducts the plan. `run` has the manifest, whose cells stand in the order of `plan.cells`;
/// trials are added to it and to the store as they end, failures are written to its cells.
/// Error: of the bench (the run cannot go on) or of the store; `run` keeps what was measured.
[[nodiscard]] Result<Ending> conduct(const Plan& plan, trial::Bench& bench, record::Run& run,
                                     record::Store& store, Watcher& watcher, Stop& stop);

}  // namespace unrig::experiment
