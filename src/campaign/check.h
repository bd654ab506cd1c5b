/// \file
/// Conducts `unrig check`: makes the stacks runnable, and holds each of them to the contract. What
/// is looked at is audit/check.h's.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "campaign/task.h"
#include "process/process.h"
#include "record/check.h"
#include "runtime/runtime.h"
#include "scenario/scenario.h"
#include "stack/spec.h"

namespace unrig::campaign {

/// Which stacks are checked, and in which scenario. All of it outlives the check.
struct ToCheck {
  const Task& task;  ///< its cells; at least one
  const scenario::Scenario& scenario;
  const std::vector<stack::StackSpec>& specs;
  runtime::Places places;  ///< home is absolute
};
/// Told, in one line, what is done next.
using TellChecking = std::function<void(const std::string&)>;

/// One after the other; a stack that cannot be built or started has that as its failure, and the
/// others go on. Children are started from the calling thread. Error: environment; usage, where a
/// vintage or its lock is not as it should be; interrupted.
[[nodiscard]] Result<record::Check> check(const ToCheck& what, process::Guard& guard,
                                          const Clock& clock, const TellChecking& tell,
                                          const std::stop_token& stop);

}  // namespace unrig::campaign
