/// \file
/// Options that mean nothing beside others: nobody shall believe that what was typed counted.
/// Inside this module only.
#pragma once

#include <CLI/CLI.hpp>

#include "base/result.h"
#include "cli/options.h"

namespace unrig::cli {

/// `app` and its chosen subcommand have been parsed into `options`. Error: usage, naming both and
/// what to leave out.
[[nodiscard]] Result<> check_combinations(const CLI::App& app, const Options& options);

}  // namespace unrig::cli
