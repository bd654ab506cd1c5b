/// \file
/// `unrig __complete WORD…`: what the completions of shells ask; nobody types it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace unrig::cli {

inline constexpr std::string_view complete_command_name = "__complete";

/// Prints a line for each word that may stand in the place of the last one, with a tab and what it
/// is where that is known; ":files" or ":folders" where the shell's own may stand. Prints only what
/// no shell has to quote and what is no option of its own accord: names that stores, folders or
/// files have may be anybody's. Quick: it starts nothing and makes nothing. What cannot be read has
/// no names. Returns the exit code.
[[nodiscard]] Result<int> complete_command(std::span<const std::string> words);

/// The lines for `words`; where the last one is a value that only the home, a folder or a file
/// knows, those names among them.
[[nodiscard]] std::string completion_lines(std::span<const std::string> words);

}  // namespace unrig::cli
