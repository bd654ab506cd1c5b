/// \file
/// Where unrig's own data lies: stacks/, scenarios/, vintages/, apps/.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "cli/options.h"

namespace unrig::cli {

/// UNRIG_DATA, else share/unrig beside the program's bin/, else the nearest folder above the
/// program that holds stacks/ and scenarios/ (the source tree). Error: environment.
[[nodiscard]] Result<std::filesystem::path> find_data();

/// Folders with stacks: unrig's own and those of --stacks. Error: usage, when one is not there.
[[nodiscard]] Result<std::vector<std::filesystem::path>> stack_folders(
    const std::filesystem::path& data, const CommonOptions& common);

}  // namespace unrig::cli
