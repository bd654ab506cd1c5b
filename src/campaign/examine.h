/// \file
/// Examines the machine that something would be measured on: reads its facts, looks for programs,
/// and measures for some seconds what no file tells. What it means is analysis/machine.h's.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "campaign/task.h"
#include "process/process.h"
#include "record/examination.h"
#include "runtime/runtime.h"
#include "scenario/scenario.h"
#include "stack/spec.h"

namespace unrig::campaign {

/// What the machine is examined for. All of it outlives the examination.
struct Intent {
  const Task& task;  ///< its first cell is what the chain is tried with; at least one
  const scenario::Scenario& scenario;
  const std::vector<stack::StackSpec>& specs;
  runtime::Places places;  ///< home is absolute
};
/// Told, in one line, what is done next.
using TellExamining = std::function<void(const std::string&)>;

/// Makes nothing but what a run would, and that only where a run has made the environment of the
/// cell before: else the chain is not tried. Some 15 s; `stop` ends a load early. Children are
/// started from the calling thread.
[[nodiscard]] record::Examination examine(const Intent& intent, process::Guard& guard,
                                          const Clock& clock, const TellExamining& tell,
                                          const std::stop_token& stop);

}  // namespace unrig::campaign
