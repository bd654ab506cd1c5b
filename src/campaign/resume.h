/// \file
/// A stored run that goes on: its own cells and settings, and whether it may go on here.
#pragma once

#include "base/result.h"
#include "campaign/task.h"
#include "record/record.h"

namespace unrig::campaign {

/// The task of the stored run: its cells are the plan. `given` keeps what may change when a run
/// goes on (patience, noise, fresh blocks, budget) and who asks.
[[nodiscard]] Task task_of(const record::Manifest& stored, Task given);

/// Error: usage, where the stored run has no plan that could go on: one of URLs.
[[nodiscard]] Result<> check_resumable(const record::Manifest& stored);

/// Error: usage, naming everything of stacks, locks, programs and host in which the two differ:
/// their trials would not be of the same thing.
[[nodiscard]] Result<> check_same_ground(const record::Manifest& stored,
                                         const record::Manifest& now);

}  // namespace unrig::campaign
