/// \file
/// `unrig doctor`: what would spoil the numbers on this machine, before anything is measured.
#pragma once

#include "base/result.h"
#include "cli/options.h"

namespace unrig::cli {

/// Prints what was found. The exit code of what is missing on this machine where something would
/// make results invalid. Error: usage: no such stack, scenario or setting; environment.
[[nodiscard]] Result<int> doctor_command(const CommonOptions& common, const DoctorOptions& options);

}  // namespace unrig::cli
