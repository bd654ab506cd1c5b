/// \file
/// The lock of a Python environment: which packages it has, in which versions. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace unrig::runtime::python {

struct LockedPackage {
  std::string version;
  bool everywhere = true;  ///< it has no condition, such as a version of Python
};

/// A package's name as all spellings of it compare (PEP 503): "zope.interface" is "zope-interface".
[[nodiscard]] std::string package_name(std::string_view name);

/// The "name==version" lines of a requirements file, by package_name().
[[nodiscard]] std::map<std::string, LockedPackage> parse_lock(std::string_view text);

/// Every installed package stands in the lock with its version, and every one of the lock that
/// holds for all machines is installed: what is otherwise, in words. `installed`: name, as its
/// package has it, and version.
[[nodiscard]] std::vector<std::string> differences(
    const std::map<std::string, LockedPackage>& lock,
    const std::map<std::string, std::string>& installed);

/// The version of what a stack.toml calls framework, server or driver: "Uvicorn (asyncpg)" is the
/// package uvicorn, "psycopg2" may be there as psycopg2-binary, "psycopg3" is called psycopg. Empty
/// where the lock has no such package.
[[nodiscard]] std::string locked_version(const std::map<std::string, LockedPackage>& lock,
                                         std::string_view name);

}  // namespace unrig::runtime::python
