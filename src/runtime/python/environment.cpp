#include "runtime/python/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "runtime/python/environment_build.h"
#include "runtime/works.h"
#include "stack/command_line.h"

namespace unrig::runtime::python {
namespace {

namespace fs = std::filesystem;

constexpr int deepest_chain = 8;  // of groups that come after one another

Result<fs::path> find_uv(const fs::path& tools) {
  if (const char* asked = std::getenv("UNRIG_UV"); asked != nullptr) return fs::path(asked);
  std::error_code error;
  if (auto own = tools / "bin/uv"; fs::exists(own, error)) return own;
  if (const auto found = process::find_program("uv")) return *found;
  return fail(ErrorKind::environment, "the program uv is missing", "make setup");
}

/// What a program is called by from the current folder.
std::string as_typed(const fs::path& program) {
  if (process::find_program(program.filename()) == program) return program.filename();
  std::error_code error;
  const auto near = fs::proximate(program, error);
  return error || near.empty() || *near.begin() == ".." ? program.string() : near.string();
}

/// Those that have a lock.
std::vector<std::string> groups_of(const Vintage& vintage) {
  std::vector<std::string> groups;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(vintage.folder, error)) {
    if (entry.path().extension() == ".txt") groups.push_back(entry.path().stem().string());
  }
  std::ranges::sort(groups);
  return groups;
}

}  // namespace

std::string environment_folder_name(const EnvironmentName& name, std::string_view lock,
                                    const Interpreter& interpreter, std::string_view exclude_newer,
                                    const std::map<std::string, std::string>& flags) {
  auto all = fmt::format("{}\n{}\n{}\n{}\n", lock, interpreter.path.string(),
                         to_text(interpreter.version), exclude_newer);
  for (const auto& [flag, value] : flags) all += fmt::format("{}={}\n", flag, value);
  return hashed_name(fmt::format("{}-{}", name.vintage, name.group), all);
}

Environments::Environments(Places places, process::Guard& guard, const Clock& clock,
                           const host::Folders* folders)
    : places_(std::move(places)), guard_(guard), clock_(clock), folders_(folders) {
  places_.home = folders ? folders->services() : fs::absolute(places_.home).lexically_normal();
}

std::vector<Result<PythonEnvironment>> Environments::prepare(std::span<const EnvironmentName> names,
                                                             const TellBuilding& tell) {
  Recipes recipes;
  for (const auto& name : names) recipe(name, recipes, 0);
  build(recipes, tell);
  std::vector<Result<PythonEnvironment>> results;
  for (const auto& name : names) {
    const auto& done = recipes.at(name);
    if (done) {
      results.emplace_back(done->environment);
    } else {
      results.emplace_back(std::unexpected(done.error()));
    }
  }
  return results;
}

Result<Interpreter> Environments::find(const EnvironmentName& name) {
  Recipes recipes;
  const auto& found = recipe(name, recipes, 0);
  if (!found) return std::unexpected(found.error());
  if (!found->is_complete()) {
    if (const auto uv = find_uv(places_.tools); !uv) return std::unexpected(uv.error());
  }
  return found->environment.interpreter;
}

bool Environments::is_made(const EnvironmentName& name) {
  Recipes recipes;
  const auto& found = recipe(name, recipes, 0);
  if (!found || found->is_complete() || folders_ != nullptr) return found && found->is_complete();
  Recipe elsewhere = *found;
  elsewhere.environment.folder = host::services_elsewhere(places_.home) / "environments" /
                                 found->environment.folder.filename();
  return elsewhere.is_complete();
}

std::vector<Tool> Environments::tools() const {
  Result<fs::path> compiler = fail(ErrorKind::environment, "the program gcc is missing",
                                   "apt-get install gcc libc6-dev python3-dev");
  if (const auto found = process::find_program("gcc")) compiler = *found;
  return {{.name = "uv", .found = find_uv(places_.tools)},
          {.name = "gcc", .found = std::move(compiler), .always = false}};
}

const Result<Environments::Recipe>& Environments::recipe(const EnvironmentName& name,
                                                         Recipes& recipes, int depth) {
  if (const auto found = recipes.find(name); found != recipes.end()) return found->second;
  auto made = make_recipe(name, recipes, depth);
  return recipes.insert_or_assign(name, std::move(made)).first->second;
}

Result<Environments::Recipe> Environments::make_recipe(const EnvironmentName& name,
                                                       Recipes& recipes, int depth) {
  const auto found = vintage(name.vintage);
  if (!found) return std::unexpected(found.error());
  const auto& vintage = **found;
  Recipe recipe;
  recipe.name = name;
  recipe.lock = name.lock.empty() ? vintage.lock(name.group) : name.lock;
  recipe.exclude_newer = vintage.exclude_newer;
  const auto lock = read_file(recipe.lock);
  if (!lock) {
    const auto near = did_you_mean(name.group, groups_of(vintage));
    return fail(ErrorKind::usage,
                fmt::format("vintage {} has no lock for the group '{}': {}", name.vintage,
                            name.group, lock.error().what),
                near.empty() ? "" : fmt::format("did you mean '{}'?", near));
  }
  const auto interpreter = this->interpreter(vintage.python);
  if (!interpreter) return std::unexpected(interpreter.error());

  stack::Placeholders values = {{"python_version", fmt::format("{}.{}", interpreter->version.major,
                                                               interpreter->version.minor)}};
  const auto group = vintage.groups.find(name.group);
  if (name.lock.empty() && group != vintage.groups.end()) {
    recipe.no_cache = group->second.no_cache;
    if (!group->second.after.empty()) {
      if (depth >= deepest_chain) {
        return fail(ErrorKind::usage, fmt::format("vintage {}: the group '{}' comes after itself",
                                                  name.vintage, name.group));
      }
      recipe.after = EnvironmentName{name.vintage, group->second.after};
      const auto& before = this->recipe(*recipe.after, recipes, depth + 1);
      if (!before) return std::unexpected(before.error());
      values.emplace(group->second.after, before->environment.folder.string());
    }
    for (const auto& [flag, value] : group->second.environment)
      recipe.flags.emplace(flag, stack::fill_in(value, values));
  }
  const auto folder =
      environment_folder_name(name, *lock, *interpreter, recipe.exclude_newer, recipe.flags);
  recipe.environment = {places_.home / "environments" / folder, *interpreter, sha256(*lock)};
  return recipe;
}

Result<const Vintage*> Environments::vintage(const std::string& name) {
  if (const auto found = vintages_.find(name); found != vintages_.end()) return &found->second;
  auto loaded = load_vintage(places_.vintages, name);
  if (!loaded) return std::unexpected(loaded.error());
  return &vintages_.emplace(name, std::move(*loaded)).first->second;
}

Result<Interpreter> Environments::interpreter(const PythonConstraint& constraint) {
  const auto found = interpreters_.find(constraint.text());
  if (found != interpreters_.end()) return found->second;
  auto places = python_places();
  if (const auto uv = find_uv(places_.tools)) places.installer = as_typed(*uv);
  // Who only looks must find what will serve: not what only root can read.
  const auto user =
      folders_ ? folders_->service_user() : host::find_service_user().value_or(std::nullopt);
  return interpreters_
      .emplace(constraint.text(),
               find_interpreter(places_.python, constraint, places, guard_, clock_, user))
      .first->second;
}

/// When all ran as root, an environment's interpreter could lie where only root gets.
void Environments::look_at_complete(Recipes& recipes) {
  for (auto& [name, recipe] : recipes) {
    if (!recipe || !recipe->is_complete() || usable_.contains(recipe->environment.folder)) continue;
    const auto can = folders_->can_read(recipe->environment.python());
    if (!can) {
      recipe = std::unexpected(can.error());
    } else if (*can) {
      usable_.insert(recipe->environment.folder);
    } else {
      recipe->anew = true;
    }
  }
}

void Environments::build(Recipes& recipes, const TellBuilding& tell) {
  look_at_complete(recipes);
  std::vector<EnvironmentName> waiting;
  for (const auto& [name, recipe] : recipes) {
    if (recipe && !recipe->is_complete()) waiting.push_back(name);
  }
  if (waiting.empty()) return;
  const auto uv = find_uv(places_.tools);
  if (!uv) {
    for (const auto& name : waiting) recipes.at(name) = std::unexpected(uv.error());
    return;
  }
  const auto turn = [&](const EnvironmentName& name) {
    auto& recipe = recipes.at(name);
    if (!recipe->after) return Turn::now;
    const auto& before = recipes.at(*recipe->after);
    if (before) return before->is_complete() ? Turn::now : Turn::later;
    recipe = std::unexpected(before.error());
    return Turn::never;
  };
  const auto begin = [&](const EnvironmentName& name) {
    return Build(*recipes.at(name), *uv, *folders_, guard_, clock_);
  };
  const auto ended = [&](const EnvironmentName& name, const Result<>& result) {
    auto& recipe = recipes.at(name);
    recipe->anew = false;
    if (!result) recipe = std::unexpected(result.error());
  };
  Works<EnvironmentName, Build>{turn, begin, ended}.make(std::move(waiting), tell, clock_);
}

}  // namespace unrig::runtime::python
