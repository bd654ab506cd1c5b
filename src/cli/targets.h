/// \file
/// Where results are written that somebody asked for with an option.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "base/result.h"

namespace unrig::cli {

struct Target {
  std::string option;          ///< "--hgrm"
  std::filesystem::path file;  ///< "-": standard output; "": not asked for
  [[nodiscard]] bool is_standard() const { return file == "-"; }
};

/// Before anything is measured: that all can be written and no two are the same file, by whatever
/// path. Error: usage, with the options.
[[nodiscard]] Result<> check_targets(std::span<const Target> targets);

}  // namespace unrig::cli
