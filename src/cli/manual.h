/// \file
/// What `unrig help` prints: help, the manual page and the page of the documentation, all made from
/// the definitions of the options.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/options.h"

namespace unrig::cli {

/// Error: usage, for a command that there is not.
[[nodiscard]] Result<std::string> help_text(const HelpOptions& help);

}  // namespace unrig::cli
