/// \file
/// `unrig init`: a folder that measures an application which is not unrig's.
#pragma once

#include "base/result.h"
#include "cli/options.h"

namespace unrig::cli {

/// Writes the folder, after questions on the terminal where the options name nothing to measure,
/// and prints what to type next. Nothing that is there is replaced. Error: usage: what the options
/// or the answers say is no URL, command or stack, the folder has such a file already, or nobody is
/// there to be asked; environment: the folder cannot be written.
[[nodiscard]] Result<int> init_command(const CommonOptions& common, const InitOptions& options);

}  // namespace unrig::cli
