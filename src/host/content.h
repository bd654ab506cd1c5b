/// \file
/// Files of /proc and /sys as texts.
#pragma once

#include <string>

#include "base/file.h"

namespace unrig::host {

/// Empty where it cannot be read.
[[nodiscard]] inline std::string content(const std::string& path) {
  return read_file(path).value_or("");
}

}  // namespace unrig::host
