/// \file
/// Programs of a run of which nobody is left that would end them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace unrig::process {

/// Sends KILL to what a run left whose unrig, guard and keepers are all gone: every process that
/// has `mark` (Guard::mark) in its environment, and, since some write over theirs, those of `names`
/// whose working folder is `folder`. Only such as this user may look into. Returns how many.
int end_strays(std::string_view mark, const std::filesystem::path& folder,
               const std::vector<std::string>& names);

}  // namespace unrig::process
