/// \file
/// One stack's build on its way: its files are laid into a folder, and its own command runs there
/// once. Inside this module only.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/built/languages.h"
#include "runtime/built/toolchain.h"
#include "runtime/making.h"
#include "stack/spec.h"

namespace unrig::runtime::built {

/// Everything that must be known to build one.
struct Recipe {
  const stack::StackSpec* spec = nullptr;
  Toolchain toolchain;
  std::filesystem::path folder;  ///< {build}: named by all that it depends on

  [[nodiscard]] bool is_complete() const;
};
/// The recipe of a stack below the folder of all builds. Error: usage: one of its files has a name
/// that unrig needs.
[[nodiscard]] Result<Recipe> recipe_of(const stack::StackSpec& spec, Toolchain toolchain,
                                       const std::filesystem::path& builds);

/// Where a build finds things.
struct BuildPlaces {
  std::filesystem::path cache;         ///< of all builds
  std::filesystem::path build;         ///< its own folder
  std::filesystem::path programs;      ///< the toolchain's, first in PATH
  std::filesystem::path installation;  ///< that they really lie in
};
/// The variables of a build: `callers`, and those of its language.
[[nodiscard]] std::map<std::string, std::string> build_variables(
    const Language& language, std::map<std::string, std::string> callers,
    const BuildPlaces& places);

class BuildWork {
 public:
  /// All outlive it.
  BuildWork(Recipe recipe, const Language& language, const Toolchains& toolchains,
            const host::Folders& folders, process::Guard& guard, const Clock& clock);

  /// "go-nethttp: building"
  [[nodiscard]] std::string doing() const;
  /// Goes on as far as it can without waiting. The result when it is over.
  [[nodiscard]] std::optional<Result<>> advance();

 private:
  [[nodiscard]] Result<> lay() const;
  [[nodiscard]] Result<> start();
  [[nodiscard]] Result<> finish();
  [[nodiscard]] Result<std::string> program_for(const std::string& word,
                                                const std::filesystem::path& programs) const;
  [[nodiscard]] Error failure(std::string_view why) const;

  Recipe recipe_;
  const Language* language_;
  const Toolchains* toolchains_;
  const host::Folders* folders_;
  bool is_running_ = false;
  Making making_;
};

}  // namespace unrig::runtime::built
