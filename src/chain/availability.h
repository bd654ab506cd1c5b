/// \file
/// Whether a chain can run on this machine, asked without making or starting anything.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "process/process.h"

namespace unrig::chain {

/// The programs that every chain needs and this machine lacks: one error of kind environment for
/// each, with the command that gets it.
[[nodiscard]] std::vector<Error> missing_programs(process::Guard& guard, const Clock& clock);

}  // namespace unrig::chain
