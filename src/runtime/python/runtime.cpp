#include "runtime/python/runtime.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "host/folders.h"
#include "runtime/python/installed.h"
#include "runtime/python/lock.h"

namespace unrig::runtime::python {
namespace {

namespace fs = std::filesystem;

fs::path asked_for(const Places& places) {
  const auto found = places.programs.find(language);
  return found == places.programs.end() ? fs::path() : found->second;
}

/// A stack with a lock of its own has an environment of its own.
EnvironmentName name_of(const stack::Selection& stack) {
  const auto& spec = *stack.spec;
  if (!spec.lock.empty())
    return {.vintage = stack.vintage, .group = "stack-" + spec.name, .lock = spec.lock};
  return {.vintage = stack.vintage, .group = spec.vintage(stack.vintage)->group};
}

/// Error: usage: Python could not import it.
Result<> check(const stack::Selection& stack) {
  const auto& application = stack.spec->application;
  if (application.empty() || application.extension() == ".py") return {};
  return fail(ErrorKind::usage,
              fmt::format("{}: the application {} must be a .py file", stack.spec->name,
                          printable(application.string())),
              "in stack.toml: application = \"app.py\"");
}

class PythonRuntime : public Runtime {
 public:
  PythonRuntime(const Places& places, const Means& means)
      : vintages_(places.data / "vintages"),
        shared_(places.data / "apps" / language),
        folders_(means.folders),
        environments_({vintages_, places.data / ".tools", places.home, asked_for(places)},
                      means.guard, means.clock, means.folders) {}

  std::vector<Result<>> prepare(std::span<const stack::Selection> stacks,
                                const TellBuilding& tell) override;
  Result<Program> program(const stack::Selection& stack) override;
  Result<std::string> find(const stack::Selection& stack) override;
  bool is_ready(const stack::Selection& stack) override {
    return environments_.is_made(name_of(stack));
  }
  std::vector<Tool> tools() const override { return environments_.tools(); }
  Versions versions() const override { return {prepared_.begin(), prepared_.end()}; }
  fs::path lock(const stack::Selection& stack) const override;
  std::string locked_version(const stack::Selection& stack, std::string_view name) const override;
  Result<Installed> installed(const stack::Selection& stack) override;
  Result<std::vector<std::string>> differences(const stack::Selection& stack,
                                               const Packages& installed) const override;

 private:
  [[nodiscard]] Result<PythonEnvironment> environment(const stack::Selection& stack);

  fs::path vintages_;
  fs::path shared_;
  const host::Folders* folders_;
  Environments environments_;
  std::map<std::string, std::string> prepared_;  ///< for versions()
};

std::vector<Result<>> PythonRuntime::prepare(std::span<const stack::Selection> stacks,
                                             const TellBuilding& tell) {
  std::vector<Result<>> results;
  std::vector<std::size_t> wanted;
  std::vector<EnvironmentName> names;
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    results.push_back(check(stacks[i]));
    if (!results.back()) continue;
    wanted.push_back(i);
    names.push_back(name_of(stacks[i]));
  }
  // Built together; then each is asked for by itself, which finds it or its error.
  const auto made = environments_.prepare(names, tell);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto found = made[i] ? environment(stacks[wanted[i]]) : made[i];
    if (!found) results[wanted[i]] = std::unexpected(found.error());
  }
  return results;
}

Result<PythonEnvironment> PythonRuntime::environment(const stack::Selection& stack) {
  const auto name = name_of(stack);
  auto made = std::move(environments_.prepare(std::span(&name, 1)).front());
  if (made) {
    prepared_.insert_or_assign(
        fmt::format("python@{}", name.vintage),
        fmt::format("{} {}", to_text(made->interpreter.version), made->interpreter.path.string()));
    prepared_.insert_or_assign(fmt::format("lock {}@{}", name.group, name.vintage),
                               made->lock_hash);
  }
  return made;
}

Result<Program> PythonRuntime::program(const stack::Selection& stack) {
  const auto made = environment(stack);
  if (!made) return std::unexpected(made.error());
  const auto shared = folders_->readable(shared_);
  if (!shared) return std::unexpected(shared.error());
  const auto& application = stack.spec->application;
  const auto own =
      folders_->readable(application.empty() ? stack.spec->folder : application.parent_path());
  if (!own) return std::unexpected(own.error());
  auto program = program_in(*made, {.file = *own / application.filename(),
                                    .shared = *shared,
                                    .libraries = folders_->copied_libraries(made->python())});
  if (auto added = add_folder(stack, *folders_, program.placeholders); !added)
    return std::unexpected(added.error());
  return program;
}

Result<std::string> PythonRuntime::find(const stack::Selection& stack) {
  const auto found = environments_.find(name_of(stack));
  if (!found) return std::unexpected(found.error());
  return to_text(found->version) + " " + found->path.string();
}

fs::path PythonRuntime::lock(const stack::Selection& stack) const {
  const auto name = name_of(stack);
  return name.lock.empty() ? lock_file(vintages_ / name.vintage, name.group) : name.lock;
}

std::string PythonRuntime::locked_version(const stack::Selection& stack,
                                          std::string_view name) const {
  const auto text = read_file(lock(stack));
  return text ? python::locked_version(parse_lock(*text), name) : "";
}

Result<Installed> PythonRuntime::installed(const stack::Selection& stack) {
  const auto made = environment(stack);
  if (!made) return std::unexpected(made.error());
  std::error_code error;
  Installed installed;
  installed.folder = fs::canonical(made->folder, error);
  if (!error) installed.program = fs::canonical(made->python(), error);
  if (error) return fail_errno(made->folder.string(), error.value());
  auto packages = installed_packages(installed.folder);
  if (!packages) return std::unexpected(packages.error());
  installed.packages = std::move(*packages);
  return installed;
}

Result<std::vector<std::string>> PythonRuntime::differences(const stack::Selection& stack,
                                                            const Packages& installed) const {
  const auto text = read_file(lock(stack));
  if (!text) return std::unexpected(text.error());
  return python::differences(parse_lock(*text), installed);
}

}  // namespace

std::unique_ptr<Runtime> make_runtime(const Places& places, const Means& means) {
  return std::make_unique<PythonRuntime>(places, means);
}

Program program_in(const PythonEnvironment& environment, const Application& application) {
  Program program;
  program.placeholders = {{"bin", environment.bin().string()},
                          {std::string(language), environment.python().string()},
                          {"module", application.file.stem().string()},
                          {"application", application.file.string()}};
  program.variables = {{"PATH", environment.bin().string() + ":/usr/local/bin:/usr/bin:/bin"},
                       {"PYTHONPATH", fmt::format("{}:{}", application.file.parent_path().string(),
                                                  application.shared.string())},
                       {"PYTHONDONTWRITEBYTECODE", "1"}};
  if (!application.libraries.empty())
    program.variables.emplace("LD_LIBRARY_PATH", application.libraries.string());
  return program;
}

}  // namespace unrig::runtime::python
