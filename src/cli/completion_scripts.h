/// \file
/// The completions for shells: the files of src/cli/completions, part of the program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unrig::cli {

/// "bash", "fish", "zsh"
[[nodiscard]] std::vector<std::string> completed_shells();

/// `shell` is one of them.
[[nodiscard]] std::string_view completion_script(std::string_view shell);

}  // namespace unrig::cli
