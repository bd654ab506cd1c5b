/// \file
/// What a look without a run is for: `unrig doctor` examines the machine for it, `unrig check`
/// holds its stacks to the contract.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "campaign/task.h"
#include "runtime/runtime.h"
#include "scenario/scenario.h"
#include "stack/spec.h"

namespace unrig::campaign {

/// All of it outlives the look.
struct Intent {
  const Task& task;  ///< its cells; at least one
  const scenario::Scenario& scenario;
  const std::vector<stack::StackSpec>& specs;
  runtime::Places places;  ///< home is absolute
};
/// Told, in one line, what is done next.
using Tell = std::function<void(const std::string&)>;

}  // namespace unrig::campaign
