/// \file
/// Conducts `unrig check`: makes the stacks runnable, and holds each of them to the contract. What
/// is looked at is audit/check.h's.
#pragma once

#include <stop_token>

#include "base/clock.h"
#include "base/result.h"
#include "campaign/intent.h"
#include "process/process.h"
#include "record/check.h"

namespace unrig::campaign {

/// One after the other; a stack that cannot be built or started has that as its failure, and the
/// others go on. Children are started from the calling thread. Error: environment; usage, where a
/// vintage or its lock is not as it should be; interrupted.
[[nodiscard]] Result<record::Check> check(const Intent& intent, process::Guard& guard,
                                          const Clock& clock, const Tell& tell,
                                          const std::stop_token& stop);

}  // namespace unrig::campaign
