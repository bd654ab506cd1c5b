/// \file
/// `unrig export`: a stored run in the format of another program.
#pragma once

#include "base/result.h"
#include "cli/options.h"

namespace unrig::cli {

[[nodiscard]] Result<int> export_command(const CommonOptions& common, const ExportOptions& options);

}  // namespace unrig::cli
