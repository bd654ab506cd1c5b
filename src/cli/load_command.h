/// \file
/// `unrig load URL`.
#pragma once

#include "base/result.h"
#include "cli/options.h"

namespace unrig::cli {

/// The exit code: 0, 4 when the verdict is invalid, 130 when interrupted.
[[nodiscard]] Result<int> load_command(const CommonOptions& common, const LoadOptions& options);

}  // namespace unrig::cli
