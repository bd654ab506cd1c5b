/// \file
/// The lock of a Python environment: which packages it has, in which versions. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/lock.h"

namespace unrig::runtime::python {

/// A package's name as all spellings of it compare (PEP 503): "zope.interface" is "zope-interface".
[[nodiscard]] std::string package_name(std::string_view name);

/// The "name==version" lines of a requirements file, by package_name().
[[nodiscard]] LockedPackages parse_lock(std::string_view text);

/// As runtime::differences(), whatever the spelling of a name.
[[nodiscard]] std::vector<std::string> differences(
    const LockedPackages& lock, const std::map<std::string, std::string>& installed);

/// The version of what a stack.toml calls framework, server or driver: "Uvicorn (asyncpg)" is the
/// package uvicorn, "Django Ninja" django-ninja, "psycopg2" may be there as psycopg2-binary,
/// "psycopg3" is called psycopg. Empty where the lock has no such package.
[[nodiscard]] std::string locked_version(const LockedPackages& lock, std::string_view name);

}  // namespace unrig::runtime::python
