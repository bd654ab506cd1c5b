/// \file
/// Python environments, made by `uv` from locks with hashes and kept under home.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "host/folders.h"
#include "process/process.h"
#include "runtime/python/interpreter.h"
#include "runtime/python/vintage.h"
#include "runtime/runtime.h"

namespace unrig::runtime::python {

/// A finished environment. Not relocatable: its programs know their own path.
struct PythonEnvironment {
  std::filesystem::path folder;
  Interpreter interpreter;
  std::string lock_hash;  ///< SHA-256 of the lock

  [[nodiscard]] std::filesystem::path bin() const { return folder / "bin"; }
  [[nodiscard]] std::filesystem::path python() const { return folder / "bin/python"; }
};

struct EnvironmentName {
  std::string vintage;
  std::string group;
  std::filesystem::path lock = {};  ///< of a stack that is its own group; empty: the vintage's
  auto operator<=>(const EnvironmentName&) const = default;
};

/// The folder's name: it changes with everything that what is installed depends on, in the
/// hexadecimal digits at its end.
[[nodiscard]] std::string environment_folder_name(const EnvironmentName& name,
                                                  std::string_view lock,
                                                  const Interpreter& interpreter,
                                                  std::string_view exclude_newer,
                                                  const std::map<std::string, std::string>& flags);

/// Makes environments; remembers those it has seen. Not thread-safe.
class Environments {
 public:
  struct Places {
    std::filesystem::path vintages;  ///< folder of the vintages
    std::filesystem::path tools;     ///< folder that may hold bin/uv
    std::filesystem::path home;
    std::filesystem::path python;  ///< interpreter asked for, or ""
  };
  /// With `folders`, which are needed for prepare(), environments are made and used by their
  /// service user, where it can reach them. All must outlive it.
  Environments(Places places, process::Guard& guard, const Clock& clock,
               const host::Folders* folders = nullptr);

  /// One result per name, in their order. What is missing is built, several at a time, and takes
  /// the place of what the same group and interpreter had for another lock: that is removed. So
  /// only the owner of the home's lock may call it.
  /// Errors: usage for a broken vintage or a lock that does not exist, environment for the rest.
  [[nodiscard]] std::vector<Result<PythonEnvironment>> prepare(
      std::span<const EnvironmentName> names, const TellBuilding& tell = {});
  /// The interpreter that the environment has or would be made with. Makes nothing. Errors as
  /// those of prepare(), but for what building finds out.
  [[nodiscard]] Result<Interpreter> find(const EnvironmentName& name);
  /// Whether it is finished. Without folders also where it lies elsewhere because the service user
  /// cannot reach the home.
  [[nodiscard]] bool is_made(const EnvironmentName& name);
  /// uv, and the compiler of packages that are there as sources only.
  [[nodiscard]] std::vector<Tool> tools() const;

 private:
  struct Recipe;
  class Build;
  using Recipes = std::map<EnvironmentName, Result<Recipe>>;

  const Result<Recipe>& recipe(const EnvironmentName& name, Recipes& recipes, int depth);
  Result<Recipe> make_recipe(const EnvironmentName& name, Recipes& recipes, int depth);
  Result<const Vintage*> vintage(const std::string& name);
  Result<Interpreter> interpreter(const PythonConstraint& constraint);
  void look_at_complete(Recipes& recipes);
  void build(Recipes& recipes, const TellBuilding& tell);

  Places places_;
  process::Guard& guard_;
  const Clock& clock_;
  const host::Folders* folders_;
  std::map<std::string, Vintage> vintages_;
  std::map<std::string, Result<Interpreter>> interpreters_;  ///< by constraint
  std::set<std::filesystem::path> usable_;  ///< folders that the service user can use
};

}  // namespace unrig::runtime::python
