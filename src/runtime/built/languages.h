/// \file
/// What unrig knows of a language whose stacks are built: one row each. A new language is a row,
/// and a reader of its lock; stack/files.h has the names of its manifest and lock. Data only.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "process/process.h"
#include "runtime/lock.h"
#include "runtime/runtime.h"

namespace unrig::runtime::built {

/// A program of a language, by the name that PATH has for it.
struct ToolRow {
  std::string_view name;
  std::string_view version;  ///< the argument that makes it tell its version
  std::string_view get;      ///< the command that gets it on Debian
};

/// A variable of a build. In `value`, {cache} is a folder of all builds, {build} that of this one,
/// {toolchain} the installation with the toolchain's bin/. One without them is also there when a
/// program of the language is asked for its version.
struct VariableRow {
  std::string_view name, value;
  bool adds = false;  ///< behind what the caller has there, with a space
};

/// A finished build.
struct Build {
  std::filesystem::path folder;
  std::filesystem::path served;     ///< the program in it that the command starts; "" for none
  std::filesystem::path toolchain;  ///< its program
};
/// Runs a program of the toolchain to its end, as the builds' user.
using RunTool = std::function<Result<process::Output>(std::vector<std::string> argv)>;

struct Language {
  std::string_view name;
  ToolRow toolchain;
  /// The caller's variable that names an installation of it; its bin/ is looked into before PATH.
  std::string_view home = {};
  /// Folders of installations that need not be on PATH, each with a bin/; the newest is taken.
  std::span<const std::string_view> places = {};
  /// What brings a newer one than `toolchain.get` may.
  std::string_view newer = {};
  /// Whether the toolchain's program runs the application too; else what was built does.
  bool runs = false;
  /// What serves compiles while it serves, and gets faster by it.
  bool compiles_while_it_runs = false;
  std::span<const ToolRow> more = {};  ///< that builds may need
  /// Of an installation that lies where the service user cannot read, what is copied.
  std::span<const std::string_view> parts = {};
  std::span<const VariableRow> variables = {};
  /// Its builds share a folder in which one works at a time.
  bool one_at_a_time = false;
  /// Null: it has no lock.
  std::optional<LockedPackages> (*read_lock)(std::string_view text) = nullptr;
  /// Which packages a build really has. Null: nobody can see.
  Result<Packages> (*installed)(const Build& build, const RunTool& run) = nullptr;
};

/// Null: there is none of that name.
[[nodiscard]] const Language* find_language(std::string_view name);
/// All of them, as a sentence lists them: "go, java, …".
[[nodiscard]] std::string language_names();

}  // namespace unrig::runtime::built
