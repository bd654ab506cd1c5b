/// \file
/// Compiled modules by the files that a process has mapped. Pure: names in, answers out.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unrig::audit {

/// Whether the file is the compiled module: "/env/…/uvloop/loop.cpython-311-x86_64-linux-gnu.so" is
/// "uvloop.loop". `folder`: below which it has to lie; empty: anywhere.
[[nodiscard]] bool is_module(std::string_view file, std::string_view module,
                             std::string_view folder);
/// The first of the files that is the module; empty: none is.
[[nodiscard]] std::string file_of(std::span<const std::string> files, std::string_view module,
                                  std::string_view folder);
/// The first of the files that belongs to the package: "uvloop" of "uvloop.Loop"; empty: none does.
[[nodiscard]] std::string file_of_package(std::span<const std::string> files, std::string_view name,
                                          std::string_view folder);

/// The package of a module or a class: what stands before the first dot.
[[nodiscard]] std::string_view package_of(std::string_view name);

/// Compiled modules by which a database driver is known, any of them; none of a driver that has
/// none, or that is not known.
[[nodiscard]] std::vector<std::string> modules_of_driver(std::string_view driver);
/// Drivers, as stack.toml names them, other than the given one and without modules in common with
/// it, of which one of the files is a module.
[[nodiscard]] std::vector<std::string> other_drivers(std::span<const std::string> files,
                                                     std::string_view driver);

/// A file's name without its folder.
[[nodiscard]] std::string_view short_name(std::string_view file);

/// Whether it is of Python's packages of some environment, but not of the one in the folder.
[[nodiscard]] bool is_of_another_environment(std::string_view file, std::string_view folder);

}  // namespace unrig::audit
