#include "runtime/python/environment_build.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/secrets.h"
#include "base/text.h"
#include "host/folders.h"

namespace unrig::runtime::python {
namespace {

namespace fs = std::filesystem;

constexpr auto longest_build = std::chrono::minutes(15);

/// Whether environment_folder_name() gives such names to this group.
bool is_of_group(std::string_view folder, const EnvironmentName& name) {
  const auto prefix = fmt::format("{}-{}-", name.vintage, name.group);
  return folder.starts_with(prefix) && folder.size() == prefix.size() + environment_hash_length &&
         folder.find_first_not_of("0123456789abcdef", prefix.size()) == std::string_view::npos;
}

/// "/usr/bin/python3" of a marker that begins "python 3.11.2 /usr/bin/python3"; "" when there is
/// none.
std::string_view interpreter_of(std::string_view marker) {
  const auto line = marker.substr(0, marker.find('\n'));
  const auto blank = line.find(' ', line.find(' ') + 1);
  return blank == std::string_view::npos ? "" : line.substr(blank + 1);
}

/// What another account may know of root's variables: what decides where packages come from and how
/// they are compiled. Any other may be a secret.
bool is_for_builds(std::string_view name) {
  static const auto names = split(
      "PATH LANG TZ http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY "
      "NO_PROXY REQUESTS_CA_BUNDLE CURL_CA_BUNDLE CC CXX AR LD CFLAGS CXXFLAGS CPPFLAGS LDFLAGS "
      "CPATH C_INCLUDE_PATH LIBRARY_PATH LD_LIBRARY_PATH PKG_CONFIG PKG_CONFIG_PATH MAKEFLAGS",
      ' ');
  constexpr std::string_view beginnings[] = {"UV_", "PIP_", "SSL_", "LC_"};
  return std::ranges::find(names, name) != names.end() ||
         std::ranges::any_of(beginnings, [&](auto each) { return name.starts_with(each); });
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
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto name = text.substr(0, text.find('='));
    if (name.size() == text.size() || (own_user && !is_for_builds(name))) continue;
    if (std::ranges::find(left_out, name) == left_out.end())
      variables.insert_or_assign(std::string(name), std::string(text.substr(name.size() + 1)));
  }
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
  std::vector<std::string> result;
  for (const auto& [name, value] : variables) result.push_back(fmt::format("{}={}", name, value));
  return result;
}

}  // namespace

bool Environments::Recipe::is_complete() const {
  std::error_code error;
  // The link to the interpreter breaks when that is removed from the machine.
  return !anew && fs::exists(marker(), error) && fs::exists(environment.python(), error);
}

Environments::Build::Build(const Recipe& recipe, fs::path uv, const host::Folders& folders,
                           process::Guard& guard, const Clock& clock)
    : recipe_(recipe),
      uv_(std::move(uv)),
      folders_(&folders),
      guard_(&guard),
      clock_(&clock),
      deadline_(clock.now() + longest_build),
      log_(folders.log(fmt::format("environment-{}-{}", recipe.name.vintage, recipe.name.group))) {}

Environments::Build::~Build() {
  process_.reset();
  std::error_code ignored;
  if (lock_) fs::remove_all(temporary(), ignored);
  if (!mine_ || !lock_) return;
  fs::remove_all(recipe_.environment.folder, ignored);
}

std::string Environments::Build::doing() const {
  const std::string_view step = step_ == Step::wait_for_lock ? "waiting for another unrig"
                                : step_ == Step::create      ? "creating"
                                                             : "installing";
  return fmt::format("{} of {}: {}", recipe_.name.group, recipe_.name.vintage, step);
}

std::optional<Result<>> Environments::Build::advance() {
  if (clock_->now() >= deadline_)
    return std::unexpected(failure(fmt::format("not done after {}", human(longest_build))));
  if (step_ == Step::wait_for_lock) {
    if (const auto taken = take_lock(); !taken) return taken;
    if (!lock_) return std::nullopt;
    if (recipe_.is_complete()) return Result<>{};
    const auto started = start_creating();
    return started ? std::nullopt : std::optional(started);
  }
  const auto exit = process_->poll();
  if (!exit) return std::nullopt;
  if (!exit->ok()) return std::unexpected(failure(exit->text()));
  if (step_ == Step::install) return finish();
  const auto started = start_installing();
  return started ? std::nullopt : std::optional(started);
}

/// Nothing taken and no error: another unrig is building the same environment.
Result<> Environments::Build::take_lock() {
  const auto& folder = recipe_.environment.folder;
  if (const auto made = folders_->make_shared_folder(folder.parent_path()); !made) return made;
  const auto path = folder.string() + ".lock";
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno("cannot write " + path, errno);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) == 0) lock_ = std::move(fd);
  return {};
}

Result<> Environments::Build::start(Step step, std::vector<std::string> arguments) {
  process::Command command;
  const auto uv = folders_->readable(uv_);
  if (!uv) return std::unexpected(uv.error());
  const auto& user = folders_->service_user();
  // One of an earlier unrig is root's, and the service user cannot write there.
  const auto cache = folders_->services() / (user ? "cache-unrig" : "cache");
  if (const auto made = folders_->make_service_folder(cache); !made) return made;
  command.argv = std::move(arguments);
  command.argv.insert(command.argv.begin(), uv->string());
  if (const auto made = folders_->make_service_folder(temporary()); !made) return made;
  const auto interpreter = reachable_interpreter();
  if (!interpreter) return std::unexpected(interpreter.error());
  command.environment =
      build_environment(recipe_.flags, cache, temporary(), folders_->copied_libraries(*interpreter),
                        user.has_value());
  command.folder = folders_->services();
  command.log = log_;
  command.user = user;
  auto process = process::Process::start(command, *guard_);
  if (!process) return std::unexpected(process.error());
  process_.emplace(std::move(*process));
  step_ = step;
  return {};
}

Result<> Environments::Build::start_creating() {
  std::error_code error;
  fs::remove(log_, error);
  fs::remove_all(temporary(), error);
  fs::remove_all(recipe_.environment.folder, error);
  if (error)
    return fail_errno("cannot remove " + recipe_.environment.folder.string(), error.value());
  const auto interpreter = reachable_interpreter();
  if (!interpreter) return std::unexpected(interpreter.error());
  if (const auto made = folders_->make_service_folder(recipe_.environment.folder); !made)
    return made;
  mine_ = true;
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

Result<> Environments::Build::finish() {
  const auto written = write_file(
      recipe_.marker(),
      fmt::format("python {} {}\nlock {}\n", to_text(recipe_.environment.interpreter.version),
                  recipe_.environment.interpreter.path.string(), recipe_.environment.lock_hash));
  if (!written) return written;
  mine_ = false;
  remove_replaced();
  return {};
}

/// Removes those of the same group that this one replaces: made with the same interpreter for
/// another lock, date or flags; or half made and left. Runs of this home are over, because a home
/// is one run's at a time; one that is being built is locked.
void Environments::Build::remove_replaced() const {
  const auto& own = recipe_.environment.folder;
  std::error_code error;
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(own.parent_path(), error))
    folders.push_back(entry.path());
  for (const auto& folder : folders) {
    if (folder == own || !is_of_group(folder.filename().string(), recipe_.name)) continue;
    const auto marker = read_file(folder / recipe_.marker().filename());
    if (marker && interpreter_of(*marker) != recipe_.environment.interpreter.path.native())
      continue;
    const fs::path path = folder.string() + ".lock";
    const UniqueFd lock(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (lock && flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;
    fs::remove_all(folder, error);
    fs::remove(path, error);
  }
}

Error Environments::Build::failure(std::string_view why) const {
  constexpr std::size_t shown = 20;
  const auto words = without_credentials(read_tail(log_, 64 << 10));
  const auto advice = advice_for_build(words);
  return {ErrorKind::environment,
          fmt::format("cannot build the Python environment {} of vintage {} from {}: {}; the last "
                      "lines:\n{}",
                      recipe_.name.group, recipe_.name.vintage, printable(recipe_.lock.string()),
                      why, printable(trim(last_lines(words, shown)))),
          advice.empty() ? fmt::format("the log is {}", printable(log_.string())) : advice};
}

}  // namespace unrig::runtime::python
