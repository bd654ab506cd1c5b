/// \file
/// `unrig run`: measures stacks through the whole chain.
#pragma once

#include "base/result.h"
#include "cli/options.h"

namespace unrig::cli {

/// Returns the exit code: 0; 4 when a stack has no valid trial; 130 when interrupted.
[[nodiscard]] Result<int> run_command(const CommonOptions& common, const RunOptions& options);

}  // namespace unrig::cli
