/// \file
/// The locks of languages other than Python: which packages they name, in which versions. One
/// reader a format; each takes any bytes. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/lock.h"

namespace unrig::runtime::built {

/// go.sum: the modules whose code it has a hash of, by path. Of them a program has those that it
/// needs: none is there everywhere.
[[nodiscard]] std::optional<LockedPackages> parse_go_sum(std::string_view text);

/// What `go version -m` says of a program: its modules by path, with their versions; of a replaced
/// one those of its replacement.
[[nodiscard]] std::map<std::string, std::string> parse_go_program(std::string_view text);

/// package-lock.json of version 2 or 3: packages by where they lie below node_modules. Empty: it is
/// none.
[[nodiscard]] std::optional<LockedPackages> parse_npm_lock(std::string_view text);

/// The version that a package.json names; empty: it is none, or names none.
[[nodiscard]] std::string version_of_npm_package(std::string_view text);

/// Cargo.lock: the crates that come from elsewhere. Which of them a program has is not known: none
/// is there everywhere.
[[nodiscard]] std::optional<LockedPackages> parse_cargo_lock(std::string_view text);

/// Name and version of a jar by its path in a repository of Maven's: "org.postgresql:postgresql"
/// and "42.7.14" of org/postgresql/postgresql/42.7.14/postgresql-42.7.14.jar. What a build may have
/// of it besides, as one for another system, is a part of the name. Empty: it lies elsewhere.
[[nodiscard]] std::optional<std::pair<std::string, std::string>> package_of_jar(
    std::string_view path);

/// What `sha256sum` prints of jars that lie so. Empty: a line is none of it.
[[nodiscard]] std::optional<LockedPackages> parse_jar_lock(std::string_view text);

/// The version of what a stack.toml calls framework, server or driver: the package of that name,
/// or the one whose path ends in it ("pgx" is "github.com/jackc/pgx/v5", "vertx-core" is
/// "io.vertx:vertx-core"). Empty where there is no such package.
[[nodiscard]] std::string locked_version(const LockedPackages& lock, std::string_view name);

}  // namespace unrig::runtime::built
