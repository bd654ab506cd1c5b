/// \file
/// A vintage: one set of versions, `vintages/<name>/vintage.toml` and its locks. Data only.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/result.h"
#include "runtime/python/interpreter.h"

namespace unrig::runtime::python {

/// What building one group's environment needs beyond its lock. All of it is optional.
struct GroupSpec {
  std::string after;  ///< a group whose environment must exist before: {its name} is its folder
  std::map<std::string, std::string> environment;  ///< variables of the build, with placeholders
  bool no_cache = false;  ///< wheels built with other variables must not be taken
};

/// The lock of a group. `vintage`: the folder of one.
[[nodiscard]] inline std::filesystem::path lock_file(const std::filesystem::path& vintage,
                                                     const std::string& group) {
  return vintage / (group + ".txt");
}

struct Vintage {
  std::string name;
  std::filesystem::path folder;
  PythonConstraint python;
  std::string exclude_newer;  ///< date: nothing released later is used, for builds neither
  std::map<std::string, GroupSpec, std::less<>> groups;  ///< only those that need more

  [[nodiscard]] std::filesystem::path lock(const std::string& group) const {
    return lock_file(folder, group);
  }
};

/// Error: usage, with file, line and column.
[[nodiscard]] Result<Vintage> load_vintage(const std::filesystem::path& vintages,
                                           const std::string& name);

}  // namespace unrig::runtime::python
