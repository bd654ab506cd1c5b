/// \file
/// What makes a stack's program runnable on this machine: the interpreter or compiler of its
/// language, and its packages in the versions of a lock. One folder a language, each behind this
/// interface.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "host/folders.h"
#include "process/process.h"
#include "stack/command_line.h"
#include "stack/spec.h"

namespace unrig::runtime {

/// By language, what somebody wants used to run it. Empty or without: the newest suitable one.
using Programs = std::map<std::string, std::filesystem::path, std::less<>>;

/// Where things lie.
struct Places {
  std::filesystem::path data;  ///< the folder that holds vintages/, apps/ and .tools/
  std::filesystem::path home;  ///< --home: everything unrig makes
  Programs programs = {};
};

/// What a runtime works with. All outlive it.
struct Means {
  process::Guard& guard;
  const Clock& clock;
  /// Of the run. Without them nothing can be made, but looked for.
  const host::Folders* folders = nullptr;
};

/// How far the building of some environments has come.
struct BuildProgress {
  std::size_t done = 0;  ///< ended, whether they could be built or not
  std::size_t of = 0;
  std::vector<std::string> under_way;  ///< "wsgi of 2026: installing"
};
/// Told so, in the thread that builds: before the first one, after each one, and ten times a second
/// in between. Must not block.
using TellBuilding = std::function<void(const BuildProgress&)>;

/// What the start of a stack's program needs of its runtime.
struct Program {
  stack::Placeholders placeholders;              ///< of its command: bin, build, application, …
  std::map<std::string, std::string> variables;  ///< they replace the stack's own
};

/// Adds {folder}, where the stack's command names it: its folder, as the server can read it.
/// Error: environment.
[[nodiscard]] Result<> add_folder(const stack::Selection& stack, const host::Folders& folders,
                                  stack::Placeholders& placeholders);

/// Whether what serves in this language compiles while it serves, and gets faster by it.
[[nodiscard]] bool compiles_while_it_runs(std::string_view language);

/// Version text or hash of what serves: name, value.
using Versions = std::vector<std::pair<std::string, std::string>>;
/// Packages: name, version.
using Packages = std::map<std::string, std::string>;

/// What serves a prepared stack, as it lies on the disk; all links are followed.
struct Installed {
  Packages packages;
  /// Below it lie the packages, and what was built. Empty: what serves is the machine's own.
  std::filesystem::path folder;
  /// That runs the application: the interpreter. Empty: what was built does.
  std::filesystem::path program;
  /// Why nobody can see which packages it has; empty where somebody can.
  std::string not_seen = {};
};

/// A program that making environments takes, and where it lies.
struct Tool {
  std::string name;
  Result<std::filesystem::path> found;  ///< error: environment, with the command that gets it
  bool always = true;                   ///< false: only for packages that are there as sources
};

/// One language. Not thread-safe.
class Runtime {
 public:
  virtual ~Runtime() = default;

  /// Makes what the stacks need and is missing, several at a time; one result per stack. Only the
  /// owner of the home's lock may call it. Errors: usage for a stack, vintage or lock that is not
  /// as it should be, environment for the rest.
  [[nodiscard]] virtual std::vector<Result<>> prepare(std::span<const stack::Selection> stacks,
                                                      const TellBuilding& tell) = 0;
  /// Of a prepared stack, or one that is prepared by this. Errors as those of prepare().
  [[nodiscard]] virtual Result<Program> program(const stack::Selection& stack) = 0;
  /// Version and path of what runs the stack, or would: "3.11.2 /usr/bin/python3". Makes nothing.
  /// Errors as those of prepare(), but for what only building finds out.
  [[nodiscard]] virtual Result<std::string> find(const stack::Selection& stack) = 0;
  /// Whether prepare() would have nothing to make for the stack. Makes nothing.
  [[nodiscard]] virtual bool is_ready(const stack::Selection& stack) = 0;
  /// What prepare() uses where it has to make something. Looks for them, and makes nothing.
  [[nodiscard]] virtual std::vector<Tool> tools() const = 0;
  /// Of what was prepared, for the manifest.
  [[nodiscard]] virtual Versions versions() const = 0;

  /// The file that says which packages the stack has, in which versions.
  [[nodiscard]] virtual std::filesystem::path lock(const stack::Selection& stack) const = 0;
  /// The locked version of what a stack.toml calls framework, server or driver; "" where the lock
  /// has no such package, or cannot be read.
  [[nodiscard]] virtual std::string locked_version(const stack::Selection& stack,
                                                   std::string_view name) const = 0;
  /// Of a prepared stack, read anew. Errors as those of prepare(); environment: it cannot be read.
  [[nodiscard]] virtual Result<Installed> installed(const stack::Selection& stack) = 0;
  /// How these packages differ from the lock, in words: "flask 3.1.2 instead of 3.1.3". Error:
  /// environment: the lock cannot be read.
  [[nodiscard]] virtual Result<std::vector<std::string>> differences(
      const stack::Selection& stack, const Packages& installed) const = 0;
};

/// The runtimes of one run, made as stacks ask for them. Not thread-safe.
class Runtimes {
 public:
  Runtimes(Places places, const Means& means) : places_(std::move(places)), means_(means) {}

  /// That of the stack's language; lives as long as this. Error: usage: there is none.
  [[nodiscard]] Result<Runtime*> of(const stack::Selection& stack);
  /// Runtime::prepare for stacks of any languages, one language after the other.
  [[nodiscard]] std::vector<Result<>> prepare(std::span<const stack::Selection> stacks,
                                              const TellBuilding& tell = {});
  /// Of all that was prepared.
  [[nodiscard]] Versions versions() const;

 private:
  Places places_;
  Means means_;
  std::map<std::string, std::unique_ptr<Runtime>> made_;  ///< by language
};

}  // namespace unrig::runtime
