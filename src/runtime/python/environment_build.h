/// \file
/// One environment on its way: `uv venv`, then `uv pip sync`. Inside this module only.
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
#include "runtime/making.h"
#include "runtime/python/environment.h"

namespace unrig::runtime::python {

/// Everything that must be known to build one.
struct Environments::Recipe {
  EnvironmentName name;
  PythonEnvironment environment;
  std::filesystem::path lock;
  std::string exclude_newer;
  std::map<std::string, std::string> flags;  ///< variables of the build
  bool no_cache = false;
  bool anew = false;  ///< what is there is of no use: an earlier unrig made it for root alone
  std::optional<EnvironmentName> after;

  [[nodiscard]] bool is_complete() const;
};

class Environments::Build {
 public:
  Build(const Recipe& recipe, std::filesystem::path uv, const host::Folders& folders,
        process::Guard& guard, const Clock& clock);
  /// "wsgi of 2026: installing"
  [[nodiscard]] std::string doing() const;
  /// Goes on as far as it can without waiting. The result when it is over.
  [[nodiscard]] std::optional<Result<>> advance();

 private:
  enum class Step { wait_for_lock, create, install };
  [[nodiscard]] Result<> start(Step step, std::vector<std::string> arguments);
  [[nodiscard]] Result<> start_creating();
  [[nodiscard]] Result<std::filesystem::path> reachable_interpreter() const;
  [[nodiscard]] Result<> start_installing();
  [[nodiscard]] Result<> finish();
  [[nodiscard]] Error failure(std::string_view why) const;

  Recipe recipe_;
  std::filesystem::path uv_;
  const host::Folders* folders_;
  Step step_ = Step::wait_for_lock;
  Making making_;
};

}  // namespace unrig::runtime::python
