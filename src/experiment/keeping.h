/// \file
/// What a run has measured and the store has not taken yet: kept in memory and tried again, so that
/// a store that is locked or full costs no trial.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "record/record.h"
#include "record/store.h"

namespace unrig::experiment {

/// Not thread-safe. `run` and `store` must outlive it; trials of `run` stay in their places. A
/// trial that is stored loses its histograms: a long run would not have room for those of all.
class Keeping {
 public:
  Keeping(record::Run& run, record::Store& store) : run_(run), store_(store) {}

  /// Stores the last trial of the run, after those that wait. Error: of the store; all that it did
  /// not take waits.
  [[nodiscard]] Result<> trial_added();
  /// Stores the run's manifest again, in the same way.
  [[nodiscard]] Result<> manifest_changed();

  /// Tries what waits again and again for up to `limit`. Error: of the store, with how many trials
  /// it lacks.
  [[nodiscard]] Result<> finish(const Clock& clock, Duration limit);

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  [[nodiscard]] Result<> store_all();

  record::Run& run_;
  record::Store& store_;
  std::vector<std::size_t> waiting_;  ///< trials of the run by their place, oldest first
  bool manifest_waits_ = false;
};

}  // namespace unrig::experiment
