/// \file
/// `unrig purge`: removes what unrig has made below --home.
#pragma once

#include "base/result.h"
#include "cli/options.h"

namespace unrig::cli {

[[nodiscard]] Result<int> purge_command(const CommonOptions& common, const PurgeOptions& options);

}  // namespace unrig::cli
