/// \file
/// `unrig list stacks|scenarios|vintages|knobs|runs`.
#pragma once

#include "base/result.h"
#include "cli/options.h"

namespace unrig::cli {

/// Prints; returns the exit code.
[[nodiscard]] Result<int> list_command(const CommonOptions& common, const ListOptions& options);

}  // namespace unrig::cli
