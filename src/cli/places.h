/// \file
/// Where unrig's own data lies (stacks/, scenarios/, vintages/, apps/), and what it makes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/options.h"

namespace unrig::cli {

/// What --home is where nobody says: `.unrig` in the current folder. For root in a folder that
/// another user could change (a checkout that is mounted into a container belongs to somebody
/// outside), and where there is no `.unrig` yet, a place of root's own, always the same for that
/// folder.
[[nodiscard]] std::filesystem::path default_home();

/// Says on standard error where the home is when it is that place.
void tell_home(const CommonOptions& common);

/// UNRIG_DATA, else share/unrig beside the program's bin/, else the nearest folder above the
/// program that holds stacks/ and scenarios/ (the source tree). Error: environment.
[[nodiscard]] Result<std::filesystem::path> find_data();

/// Folders with stacks: unrig's own and those of --stacks. Error: usage, when one is not there.
[[nodiscard]] Result<std::vector<std::filesystem::path>> stack_folders(
    const std::filesystem::path& data, const CommonOptions& common);

/// The vintages that there are, by name.
[[nodiscard]] std::vector<std::string> vintage_names(const std::filesystem::path& data);

}  // namespace unrig::cli
