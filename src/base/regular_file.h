/// \file
/// Files that somebody wrote by hand, read so that none of them can hold unrig up or bring it down.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace unrig {

/// The whole content of a regular file; links are followed. Does not wait: a pipe, a device or a
/// folder is refused and never opened for good. Error: environment.
[[nodiscard]] Result<std::string> read_regular_file(const std::filesystem::path& path,
                                                    std::size_t limit = 1 << 20);

/// Whether tables of a TOML text nest so little that a parser and whoever walks through its tables
/// by recursion can hold them: at most 32 dots between the parts of one key. Looks at dots outside
/// of texts and comments only; the rest of the syntax is the parser's. Error: usage, with
/// "name:line:".
[[nodiscard]] Result<> check_key_depth(std::string_view toml, std::string_view name);

}  // namespace unrig
