#include "runtime/python/environment_build.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "host/folders.h"
#include "runtime/advice.h"
#include "runtime/build_variables.h"

namespace unrig::runtime::python {
namespace {

namespace fs = std::filesystem;

/// "/usr/bin/python3" of a marker that begins "python 3.11.2 /usr/bin/python3"; "" when there is
/// none.
std::string_view interpreter_of(std::string_view marker) {
  const auto line = marker.substr(0, marker.find('\n'));
  const auto blank = line.find(' ', line.find(' ') + 1);
  return blank == std::string_view::npos ? "" : line.substr(blank + 1);
}

/// The caller's variables (its proxies, certificates, package index and compiler are needed here),
/// without those that would make another Python environment speak up. The service user gets its own
/// cache as its home: it cannot read the caller's. `libraries` are a copied interpreter's, "" for
/// none: it starts with them, and what is built against it is linked with them, since the folder
/// that Python's own settings name is the one that cannot be read.
std::vector<std::string> build_environment(const std::map<std::string, std::string>& flags,
                                           const fs::path& cache, const fs::path& temporary,
                                           const fs::path& libraries, bool own_user) {
  constexpr std::array<std::string_view, 6> left_out = {
      "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT", "PWD"};
  auto variables = callers_variables(own_user, left_out);
  variables.emplace("UV_CACHE_DIR", cache.string());
  variables.insert_or_assign("TMPDIR", temporary.string());
  if (own_user) {
    for (const auto own : {"UV_CACHE_DIR", "HOME"}) variables.insert_or_assign(own, cache.string());
  }
  // What this machine trusts, and not only what uv brings: a proxy that opens TLS has its authority
  // there. SSL_CERT_FILE and the proxies' own variables are the caller's and come along.
  if (!variables.contains("UV_NATIVE_TLS")) variables.emplace("UV_SYSTEM_CERTS", "true");
  for (const auto& [name, value] : flags) variables.insert_or_assign(name, value);
  if (!libraries.empty()) {
    for (const auto path : {"LD_LIBRARY_PATH", "LIBRARY_PATH"}) {
      auto& value = variables[path];
      value = value.empty() ? libraries.string() : fmt::format("{}:{}", libraries.string(), value);
    }
  }
  variables.insert_or_assign("UV_PYTHON_DOWNLOADS", "never");
  variables.insert_or_assign("UV_NO_PROGRESS", "1");
  return as_environment(variables);
}

}  // namespace

bool Environments::Recipe::is_complete() const {
  std::error_code error;
  // The link to the interpreter breaks when that is removed from the machine.
  return !anew && fs::exists(marker_of(environment.folder), error) &&
         fs::exists(environment.python(), error);
}

Environments::Build::Build(const Recipe& recipe, fs::path uv, const host::Folders& folders,
                           process::Guard& guard, const Clock& clock)
    : recipe_(recipe),
      uv_(std::move(uv)),
      folders_(&folders),
      making_(recipe.environment.folder,
              folders.log(fmt::format("environment-{}-{}", recipe.name.vintage, recipe.name.group)),
              folders, guard, clock) {}

std::string Environments::Build::doing() const {
  const std::string_view step = step_ == Step::wait_for_lock ? "waiting for another unrig"
                                : step_ == Step::create      ? "creating"
                                                             : "installing";
  return fmt::format("{} of {}: {}", recipe_.name.group, recipe_.name.vintage, step);
}

std::optional<Result<>> Environments::Build::advance() {
  if (making_.is_late()) return std::unexpected(failure("not done after 15 minutes"));
  if (step_ == Step::wait_for_lock) {
    const auto taken = making_.take_lock();
    if (!taken) return std::unexpected(taken.error());
    if (!*taken) return std::nullopt;
    if (recipe_.is_complete()) return Result<>{};
    const auto started = start_creating();
    return started ? std::nullopt : std::optional(started);
  }
  const auto exit = making_.poll();
  if (!exit) return std::nullopt;
  if (!exit->ok()) return std::unexpected(failure(exit->text()));
  if (step_ == Step::install) return finish();
  const auto started = start_installing();
  return started ? std::nullopt : std::optional(started);
}

Result<> Environments::Build::start(Step step, std::vector<std::string> arguments) {
  const auto uv = folders_->readable(uv_);
  if (!uv) return std::unexpected(uv.error());
  const auto cache = cache_for_builds(*folders_);
  if (!cache) return std::unexpected(cache.error());
  arguments.insert(arguments.begin(), uv->string());
  const auto interpreter = reachable_interpreter();
  if (!interpreter) return std::unexpected(interpreter.error());
  auto environment = build_environment(recipe_.flags, *cache, making_.temporary(),
                                       folders_->copied_libraries(*interpreter),
                                       folders_->service_user().has_value());
  auto started = making_.start(std::move(arguments), std::move(environment), folders_->services());
  if (started) step_ = step;
  return started;
}

Result<> Environments::Build::start_creating() {
  const auto interpreter = reachable_interpreter();
  if (!interpreter) return std::unexpected(interpreter.error());
  if (const auto begun = making_.begin(); !begun) return begun;
  return start(Step::create, {"venv", "--no-project", "--python", interpreter->string(),
                              recipe_.environment.folder.string()});
}

/// The interpreter, or that of a copy of its whole installation where the service user cannot reach
/// it, as one of pyenv's in root's own home.
Result<fs::path> Environments::Build::reachable_interpreter() const {
  const auto& path = recipe_.environment.interpreter.path;
  if (!folders_->service_user()) return path;
  std::error_code error;
  const auto real = fs::canonical(path, error);
  if (error) return fail_errno(path.string(), error.value());
  const auto installation = real.parent_path().parent_path();
  // Of ~/bin/python3 that is a whole home, of which Python needs this.
  constexpr std::array<std::string_view, 5> parts = {"bin", "include", "lib", "lib64",
                                                     "pyvenv.cfg"};
  const auto reachable = folders_->readable(installation, parts);
  if (!reachable) return std::unexpected(reachable.error());
  if (*reachable == installation) return path;
  return *reachable / real.parent_path().filename() / real.filename();
}

Result<> Environments::Build::start_installing() {
  const auto lock = folders_->readable(recipe_.lock);
  if (!lock) return std::unexpected(lock.error());
  std::vector<std::string> arguments = {"pip",
                                        "sync",
                                        "--require-hashes",
                                        "--allow-empty-requirements",
                                        "--compile-bytecode",
                                        "--exclude-newer",
                                        recipe_.exclude_newer,
                                        "--python",
                                        recipe_.environment.python().string()};
  if (recipe_.no_cache) arguments.emplace_back("--no-cache");
  arguments.push_back(lock->string());
  return start(Step::install, std::move(arguments));
}

/// It takes the place of what the same group and interpreter had for another lock, date or flags.
Result<> Environments::Build::finish() {
  const auto& interpreter = recipe_.environment.interpreter;
  if (auto done =
          making_.finish(fmt::format("python {} {}\nlock {}\n", to_text(interpreter.version),
                                     interpreter.path.string(), recipe_.environment.lock_hash));
      !done) {
    return done;
  }
  making_.remove_replaced(
      fmt::format("{}-{}", recipe_.name.vintage, recipe_.name.group),
      [&](std::string_view marker) { return interpreter_of(marker) == interpreter.path.native(); });
  return {};
}

Error Environments::Build::failure(std::string_view why) const {
  return making_failed(
      making_,
      fmt::format("cannot build the Python environment {} of vintage {} from {}",
                  recipe_.name.group, recipe_.name.vintage, printable(recipe_.lock.string())),
      why, advice_for_build(making_.words()));
}

}  // namespace unrig::runtime::python
