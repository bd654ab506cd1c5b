/// \file
/// `unrig compare A B`: which of two is better, by how much, and how sure that is.
#pragma once

#include "base/result.h"
#include "cli/options.h"

namespace unrig::cli {

/// Returns the exit code: 0; 4 when there is nothing valid to compare; 130 when interrupted.
[[nodiscard]] Result<int> compare_command(const CommonOptions& common,
                                          const CompareOptions& options);

}  // namespace unrig::cli
