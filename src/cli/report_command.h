/// \file
/// `unrig report`: stored runs as one HTML file, without measuring.
#pragma once

#include "base/result.h"
#include "cli/options.h"
#include "record/store.h"

namespace unrig::cli {

[[nodiscard]] Result<int> report_command(const CommonOptions& common, const ReportOptions& options);

/// Writes the report of a stored run below --home and says where, on standard error. Error: as of
/// the store and of files.
[[nodiscard]] Result<> write_report(const CommonOptions& common, const std::string& run);

}  // namespace unrig::cli
