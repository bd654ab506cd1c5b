/// \file
/// Numbers of workers that a run needs and its scenario leaves to be found ("tuned"): a short run
/// of its own, in the store like any other, before the run.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "campaign/choice.h"
#include "campaign/site.h"
#include "campaign/task.h"
#include "experiment/experiment.h"
#include "record/record.h"
#include "record/store.h"
#include "scenario/scenario.h"
#include "stack/spec.h"

namespace unrig::campaign {

/// One number that is to be found.
struct Sought {
  scenario::Concurrency concurrency = scenario::Concurrency::sync;
  std::string stack;      ///< NAME@VINTAGE, which is measured with several numbers
  bool of_stack = false;  ///< the number is for that stack alone, not for all of its model
  bool operator==(const Sought&) const = default;
};

/// What the cells need. A model is measured with the first stack of `usual` that is of it and has
/// the vintage, whatever the run measures, so that every run finds the same; else with the run's
/// own first. Cells that vary their workers need none. Pure.
[[nodiscard]] std::vector<Sought> sought(std::span<const record::Cell> cells,
                                         const scenario::Scenario& scenario,
                                         std::span<const stack::StackSpec> specs,
                                         std::span<const std::string> usual);

/// The search for one of them in `scenario`, which is of where the number is to be found: numbers
/// that double, in short trials, of which the later blocks have only those that may be the best.
/// `how`: who asks, what counts. Pure. Error: usage.
[[nodiscard]] Result<Task> search_task(const Sought& what, scenario::Scenario scenario,
                                       std::span<const stack::StackSpec> specs,
                                       std::span<const int> usable, Task how);

/// The number: of the last good search of the same on this machine or, where there is none or
/// `anew`, of one that is made now, and once more where others spoil it. Where that is spoiled as
/// well, the last one that was stored, whatever has changed since, or the rule of thumb, with a
/// note. Told to the watcher in one line. Error: of the site or the store; interrupted.
[[nodiscard]] Result<record::Tuned> find_workers(const Task& search, bool anew, Site& site,
                                                 record::Store& store, experiment::Watcher& watcher,
                                                 experiment::Stop& stop, const Clock& clock);

/// Sets the number that was found.
void use(const Sought& what, const record::Tuned& found, scenario::Scenario& scenario);

}  // namespace unrig::campaign
