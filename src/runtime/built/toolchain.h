/// \file
/// The programs of a language on this machine: where they lie, which version they tell, and where
/// the builds' user can start them.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "host/folders.h"
#include "process/process.h"
#include "runtime/built/languages.h"
#include "stack/spec.h"

namespace unrig::runtime::built {

struct Toolchain {
  std::filesystem::path program;  ///< with all links of a version manager followed
  std::string version;            ///< the line in which it tells that

  /// "go version go1.25 linux/amd64 /usr/local/go/bin/go"
  [[nodiscard]] std::string text() const { return version + " " + program.string(); }
};

/// The first number of a text, with those that dots join to it: 25, 0, 3 of "openjdk 25.0.3 LTS".
/// Empty: there is none. Such numbers compare as versions do.
[[nodiscard]] std::vector<int> version_in(std::string_view text);

/// Looks for programs; remembers what it has found. Not thread-safe.
class Toolchains {
 public:
  /// All outlive it. With `folders` programs run as their service user, where it can start them.
  Toolchains(const Language& language, process::Guard& guard, const Clock& clock,
             const host::Folders* folders)
      : language_(language), guard_(guard), clock_(clock), folders_(folders) {}

  /// That which the stack names; else the first that is as new as the stack wants it: where the
  /// language's variable says, on PATH, the newest of the language's other places. Error:
  /// environment, with what was found, and the command that gets it.
  [[nodiscard]] Result<Toolchain> find(const stack::StackSpec& spec);
  /// Where the language's program lies, in that order, none twice; versions are not asked for: in
  /// those other places the names of the folders say which is newest.
  [[nodiscard]] std::vector<std::filesystem::path> candidates() const;
  /// Version of another program of the language. Error: environment.
  [[nodiscard]] Result<Toolchain> find(const ToolRow& tool);
  /// The program as the service user can start it: itself, or that in a copy of its installation.
  /// Needs folders. Error: environment.
  [[nodiscard]] Result<std::filesystem::path> reachable(const Toolchain& toolchain) const;
  /// Runs a program to its end, with those of the language's variables that name no folder.
  /// Error: environment.
  [[nodiscard]] Result<process::Output> run(std::vector<std::string> argv) const;

 private:
  [[nodiscard]] Result<Toolchain> known(const std::vector<std::string>& argv, std::string_view get);
  [[nodiscard]] Result<Toolchain> ask(std::vector<std::string> argv, std::string_view get) const;
  [[nodiscard]] Result<Toolchain> too_old(const stack::StackSpec& spec,
                                          std::span<const Toolchain> found) const;

  const Language& language_;
  process::Guard& guard_;
  const Clock& clock_;
  const host::Folders* folders_;
  std::map<std::vector<std::string>, Result<Toolchain>> found_;  ///< by argv
};

}  // namespace unrig::runtime::built
