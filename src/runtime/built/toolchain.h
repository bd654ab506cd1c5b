/// \file
/// The programs of a language on this machine: where they lie, which version they tell, and where
/// the builds' user can start them.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
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
  std::string version;            ///< the first line that it tells

  /// "go version go1.25 linux/amd64 /usr/local/go/bin/go"
  [[nodiscard]] std::string text() const { return version + " " + program.string(); }
};

/// Looks for programs; remembers what it has found. Not thread-safe.
class Toolchains {
 public:
  /// All outlive it. With `folders` programs run as their service user, where it can start them.
  Toolchains(const Language& language, process::Guard& guard, const Clock& clock,
             const host::Folders* folders)
      : language_(language), guard_(guard), clock_(clock), folders_(folders) {}

  /// The language's, or that which the stack names. Error: environment, with the command that gets
  /// it.
  [[nodiscard]] Result<Toolchain> find(const stack::StackSpec& spec);
  /// Version of another program of the language. Error: environment.
  [[nodiscard]] Result<Toolchain> find(const ToolRow& tool);
  /// The program as the service user can start it: itself, or that in a copy of its installation.
  /// Needs folders. Error: environment.
  [[nodiscard]] Result<std::filesystem::path> reachable(const Toolchain& toolchain) const;
  /// Runs a program to its end. Error: environment.
  [[nodiscard]] Result<process::Output> run(std::vector<std::string> argv) const;

 private:
  [[nodiscard]] Result<Toolchain> ask(std::vector<std::string> argv, std::string_view get) const;

  const Language& language_;
  process::Guard& guard_;
  const Clock& clock_;
  const host::Folders* folders_;
  std::map<std::vector<std::string>, Result<Toolchain>> found_;  ///< by argv
};

}  // namespace unrig::runtime::built
