/// \file
/// Removes what unrig has made and can make again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace unrig::stack {

struct Purged {
  std::filesystem::path path;
  std::uintmax_t bytes = 0;  ///< of its files
};

/// What somebody types to have the database of a home removed.
[[nodiscard]] std::string purge_command(const std::filesystem::path& home);

/// Removes the databases of a home, those of earlier versions and those outside home included (see
/// Folders::services). Holds the home's lock meanwhile. Error: environment: no such home, not the
/// caller's own, another unrig uses it, no right to remove.
[[nodiscard]] Result<std::vector<Purged>> purge_databases(const std::filesystem::path& home);

}  // namespace unrig::stack
