#include "runtime/built/installed.h"

#include <fmt/format.h>

#include "base/regular_file.h"
#include "base/text.h"
#include "runtime/built/locks.h"

namespace unrig::runtime::built {
namespace {

namespace fs = std::filesystem;

/// So deep may packages lie in one another.
constexpr int deepest_modules = 16;

Result<> add_modules(const fs::path& folder, const std::string& prefix, int depth, Packages& found);

/// One folder in node_modules: a package, with those that it has for itself.
Result<> add_module(const fs::path& folder, const std::string& name, int depth, Packages& found) {
  std::error_code error;
  if (fs::is_regular_file(folder / "package.json", error)) {
    const auto text = read_regular_file(folder / "package.json");
    if (!text) return std::unexpected(text.error());
    found.insert_or_assign(name, version_of_npm_package(*text));
  }
  return add_modules(folder / "node_modules", name + "/node_modules/", depth + 1, found);
}

Result<> add_modules(const fs::path& folder, const std::string& prefix, int depth,
                     Packages& found) {
  std::error_code error;
  if (depth > deepest_modules || !fs::is_directory(folder, error)) return {};
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto name = entry->path().filename().string();
    std::error_code missing;
    if (name.starts_with('.') || entry->is_symlink(missing) || !entry->is_directory(missing))
      continue;
    // A scope has packages, and is none: "@fastify/postgres".
    auto added = name.starts_with('@')
                     ? add_modules(entry->path(), prefix + name + '/', depth + 1, found)
                     : add_module(entry->path(), prefix + name, depth, found);
    if (!added) return added;
  }
  if (error)
    return fail_errno(fmt::format("cannot read {}", printable(folder.string())), error.value());
  return {};
}

}  // namespace

Result<Packages> modules_of_program(const Build& build, const RunTool& run) {
  if (build.served.empty()) {
    return fail(ErrorKind::environment,
                "the command starts no program of {build}, so that nobody can see its packages",
                "in stack.toml: command = [\"{build}/server\"]");
  }
  const auto output = run({build.toolchain.string(), "version", "-m", build.served.string()});
  if (!output) return std::unexpected(output.error());
  if (!output->exit.ok()) {
    return fail(ErrorKind::environment,
                fmt::format("{} is no program of Go: {}", printable(build.served.string()),
                            printable(trim(last_lines(output->text, 1)))));
  }
  return parse_go_program(output->text);
}

Result<Packages> node_modules_of(const Build& build, const RunTool&) {
  Packages found;
  if (auto added = add_modules(build.folder / "node_modules", "", 0, found); !added)
    return std::unexpected(added.error());
  return found;
}

Result<Packages> jars_of(const Build& build, const RunTool&) {
  const auto jars = build.folder / "lib";
  std::error_code error;
  if (!fs::is_directory(jars, error)) {
    return fail(ErrorKind::environment,
                "there is no folder {build}/lib with the jars of the lock, so that nobody can see "
                "its packages",
                "mvn dependency:copy-dependencies -DoutputDirectory=lib "
                "-Dmdep.useRepositoryLayout=true");
  }
  Packages found;
  for (fs::recursive_directory_iterator entry(jars, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() != ".jar") continue;
    const auto path = entry->path().lexically_relative(jars).string();
    if (auto package = package_of_jar(path)) {
      found.insert(std::move(*package));
    } else {
      found.emplace(path, "");
    }
  }
  if (error)
    return fail_errno(fmt::format("cannot read {}", printable(jars.string())), error.value());
  return found;
}

}  // namespace unrig::runtime::built
