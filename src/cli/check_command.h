/// \file
/// `unrig check`: whether stacks keep the contract of docs/application.md.
#pragma once

#include "base/result.h"
#include "cli/options.h"

namespace unrig::cli {

/// Prints what was seen of each point. 99 where a demanded one is not kept, 4 where a stack could
/// not be looked at, 98 where a demanded point could not be checked, 0 where all hold; the first
/// that fits. Error: usage: no such stack, scenario or setting; environment; interrupted.
[[nodiscard]] Result<int> check_command(const CommonOptions& common, const CheckOptions& options);

}  // namespace unrig::cli
