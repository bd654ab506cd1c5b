/// \file
/// Scenarios as files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "scenario/scenario.h"

namespace unrig::scenario {

/// Reads `scenarios/NAME.toml` or, when `name_or_path` ends in ".toml", that file.
/// Error: usage, with file, line and column where the file is broken.
[[nodiscard]] Result<Scenario> load(const std::filesystem::path& folder,
                                    std::string_view name_or_path);

/// Names in the folder, sorted.
[[nodiscard]] std::vector<std::string> names(const std::filesystem::path& folder);

}  // namespace unrig::scenario
