/// \file
/// Removes what unrig has made.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace unrig::chain {

/// What of a home is to go.
struct PurgeChoice {
  bool database = false;      ///< the next run makes a new one
  bool environments = false;  ///< with what their builds keep: the next run builds them again
  bool results = false;       ///< all stored runs, reports and logs: nothing brings them back
  bool only_look = false;     ///< remove nothing
};

struct Purged {
  std::string what;  ///< "database", "environments" or "results"
  std::filesystem::path path;
  std::uintmax_t bytes = 0;  ///< of its files
};

/// What somebody types to have the database of a home removed.
[[nodiscard]] std::string purge_command(const std::filesystem::path& home);

/// Removes what is chosen of a home, also what earlier versions left and what lies outside home
/// (see Folders::services); says what each weighed. Holds the home's lock meanwhile. Error:
/// environment: no such home, not the caller's own, another unrig uses it, no right to remove.
[[nodiscard]] Result<std::vector<Purged>> purge(const std::filesystem::path& home,
                                                const PurgeChoice& choice);

}  // namespace unrig::chain
