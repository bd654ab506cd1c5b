/// \file
/// Conducts a run from preparing to its last trial, whatever it measures.
///
///     auto begun = begin(task, site, store, watcher, stop, clock);
///     from here on there is something to keep, and an interrupt ends the run, not the program
///     auto measured = conduct(std::move(*begun), site, store, watcher, stop, clock);
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "campaign/site.h"
#include "campaign/task.h"
#include "experiment/experiment.h"
#include "record/record.h"
#include "record/store.h"

namespace unrig::campaign {

/// A run that is in the store and has trials to come.
struct Begun {
  record::Run run;
  experiment::Conduct conduct;
};

/// What was measured, whatever ended it.
struct Measured {
  record::Run run;
  bool interrupted = false;
  std::optional<Error> error;  ///< of the bench or the store, where one of them ended the run
};

/// Prepares and inspects the cells of `task` and adds the run to the store; or prepares those of
/// `stored` and makes sure that nothing has changed, so that it may go on. Error: of what comes
/// before the first trial; then there is no run.
[[nodiscard]] Result<Begun> begin(const Task& task, Site& site, record::Store& store,
                                  experiment::Watcher& watcher, const experiment::Stop& stop,
                                  const Clock& clock, std::optional<record::Run> stored = {});

/// Every trial is in the store when it has ended.
[[nodiscard]] Measured conduct(Begun begun, Site& site, record::Store& store,
                               experiment::Watcher& watcher, experiment::Stop& stop,
                               const Clock& clock);

}  // namespace unrig::campaign
