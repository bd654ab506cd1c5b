/// \file
/// `unrig show RUN`: a stored run, as it was printed when it ended, with what limited its stacks;
/// or one of its trials.
#pragma once

#include "base/result.h"
#include "cli/options.h"

namespace unrig::cli {

/// Prints; returns the exit code.
[[nodiscard]] Result<int> show_command(const CommonOptions& common, const ShowOptions& options);

}  // namespace unrig::cli
