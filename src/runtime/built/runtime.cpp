#include "runtime/built/runtime.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/regular_file.h"
#include "base/text.h"
#include "host/folders.h"
#include "runtime/built/build.h"
#include "runtime/built/locks.h"
#include "runtime/built/toolchain.h"
#include "runtime/works.h"

namespace unrig::runtime::built {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view usual_path = "/usr/local/bin:/usr/bin:/bin";
constexpr std::size_t longest_lock = 16 << 20;

class BuiltRuntime : public Runtime {
 public:
  BuiltRuntime(const Language& language, const Places& places, const Means& means)
      : language_(language),
        home_(means.folders != nullptr ? means.folders->services()
                                       : fs::absolute(places.home).lexically_normal()),
        guard_(means.guard),
        clock_(means.clock),
        folders_(means.folders),
        toolchains_(language, means.guard, means.clock, means.folders) {}

  std::vector<Result<>> prepare(std::span<const stack::Selection> stacks,
                                const TellBuilding& tell) override;
  Result<Program> program(const stack::Selection& stack) override;
  Result<std::string> find(const stack::Selection& stack) override;
  bool is_ready(const stack::Selection& stack) override;
  std::vector<Tool> tools() const override;
  Versions versions() const override { return {prepared_.begin(), prepared_.end()}; }
  fs::path lock(const stack::Selection& stack) const override { return stack.spec->lock; }
  std::string locked_version(const stack::Selection& stack, std::string_view name) const override;
  Result<Installed> installed(const stack::Selection& stack) override;
  Result<std::vector<std::string>> differences(const stack::Selection& stack,
                                               const Packages& installed) const override;

 private:
  using Recipes = std::map<std::string, Result<Recipe>>;  ///< by stack

  [[nodiscard]] bool uses_toolchain(const stack::StackSpec& spec) const;
  [[nodiscard]] Result<Recipe> recipe(const stack::Selection& stack);
  [[nodiscard]] Result<Recipe> prepared(const stack::Selection& stack);
  void build(Recipes& recipes, const TellBuilding& tell);
  void note(const Recipe& recipe);
  [[nodiscard]] Result<fs::path> started(const Recipe& recipe) const;
  [[nodiscard]] fs::path served(const Recipe& recipe) const;
  [[nodiscard]] Result<LockedPackages> locked(const stack::StackSpec& spec) const;
  [[nodiscard]] std::string not_seen(const stack::StackSpec& spec) const;

  const Language& language_;
  fs::path home_;
  process::Guard& guard_;
  const Clock& clock_;
  const host::Folders* folders_;
  Toolchains toolchains_;
  std::map<std::string, std::string> prepared_;  ///< for versions()
};

/// Whether the toolchain's program is a word of the stack's command.
bool names_toolchain(const stack::StackSpec& spec) {
  const auto placeholder = fmt::format("{{{}}}", spec.language);
  return std::ranges::any_of(spec.command,
                             [&](const std::string& word) { return word.contains(placeholder); });
}

/// A program that is there already needs nobody who builds it.
bool BuiltRuntime::uses_toolchain(const stack::StackSpec& spec) const {
  return language_.runs || !spec.build.empty() || !spec.toolchain.empty() || names_toolchain(spec);
}

Result<Recipe> BuiltRuntime::recipe(const stack::Selection& stack) {
  if (!uses_toolchain(*stack.spec)) return recipe_of(*stack.spec, {}, home_ / "builds");
  auto toolchain = toolchains_.find(*stack.spec);
  if (!toolchain) return std::unexpected(toolchain.error());
  return recipe_of(*stack.spec, *std::move(toolchain), home_ / "builds");
}

std::vector<Result<>> BuiltRuntime::prepare(std::span<const stack::Selection> stacks,
                                            const TellBuilding& tell) {
  Recipes recipes;
  for (const auto& stack : stacks) recipes.try_emplace(stack.spec->name, recipe(stack));
  build(recipes, tell);
  std::vector<Result<>> results;
  for (const auto& stack : stacks) {
    const auto& done = recipes.at(stack.spec->name);
    results.push_back(done ? Result<>{} : std::unexpected(done.error()));
    if (done) note(*done);
  }
  return results;
}

void BuiltRuntime::build(Recipes& recipes, const TellBuilding& tell) {
  std::vector<std::string> waiting;
  for (const auto& [name, recipe] : recipes) {
    if (recipe && !recipe->is_complete()) waiting.push_back(name);
  }
  int under_way = 0;
  const auto turn = [&](const std::string&) {
    return language_.one_at_a_time && under_way > 0 ? Turn::later : Turn::now;
  };
  const auto begin = [&](const std::string& name) {
    ++under_way;
    return BuildWork(*recipes.at(name), language_, toolchains_, *folders_, guard_, clock_);
  };
  const auto ended = [&](const std::string& name, const Result<>& result) {
    --under_way;
    if (!result) recipes.at(name) = std::unexpected(result.error());
  };
  if (!waiting.empty())
    Works<std::string, BuildWork>{turn, begin, ended}.make(std::move(waiting), tell, clock_);
}

Result<Recipe> BuiltRuntime::prepared(const stack::Selection& stack) {
  auto done = std::move(prepare(std::span(&stack, 1), {}).front());
  if (!done) return std::unexpected(done.error());
  return recipe(stack);
}

void BuiltRuntime::note(const Recipe& recipe) {
  const auto& spec = *recipe.spec;
  if (!uses_toolchain(spec)) return;
  const bool is_usual = spec.toolchain.empty() && spec.least.empty();
  const auto name =
      is_usual ? std::string(language_.toolchain.name) : fmt::format("toolchain of {}", spec.name);
  prepared_.insert_or_assign(name, recipe.toolchain.text());
  for (const auto& tool : language_.more) {
    if (const auto found = toolchains_.find(tool))
      prepared_.insert_or_assign(std::string(tool.name), found->text());
  }
}

/// The toolchain's program as the server can start it; where it only builds, wherever it lies: a
/// copy would be made for nothing.
Result<fs::path> BuiltRuntime::started(const Recipe& recipe) const {
  if (language_.runs || names_toolchain(*recipe.spec))
    return toolchains_.reachable(recipe.toolchain);
  return recipe.toolchain.program;
}

Result<Program> BuiltRuntime::program(const stack::Selection& stack) {
  const auto done = prepared(stack);
  if (!done) return std::unexpected(done.error());
  const auto toolchain = started(*done);
  if (!toolchain) return std::unexpected(toolchain.error());
  const auto& spec = *stack.spec;
  Program program;
  program.placeholders = {{"build", done->folder.string()}, {spec.language, toolchain->string()}};
  const auto own = std::ranges::find(spec.files, spec.application, &stack::SourceFile::from);
  if (own != spec.files.end())
    program.placeholders.emplace("application", (done->folder / own->name).string());
  if (auto added = add_folder(stack, *folders_, program.placeholders); !added)
    return std::unexpected(added.error());
  program.variables = {
      {"PATH", language_.runs ? fmt::format("{}:{}", toolchain->parent_path().string(), usual_path)
                              : std::string(usual_path)}};
  return program;
}

Result<std::string> BuiltRuntime::find(const stack::Selection& stack) {
  if (!uses_toolchain(*stack.spec)) return "its own: " + stack.spec->command.front();
  const auto found = toolchains_.find(*stack.spec);
  if (!found) return std::unexpected(found.error());
  return found->text();
}

bool BuiltRuntime::is_ready(const stack::Selection& stack) {
  const auto found = recipe(stack);
  if (!found || found->is_complete() || folders_ != nullptr) return found && found->is_complete();
  Recipe elsewhere = *found;
  elsewhere.folder = host::services_elsewhere(home_) / "builds" / found->folder.filename();
  return elsewhere.is_complete();
}

std::vector<Tool> BuiltRuntime::tools() const {
  std::vector<Tool> tools;
  const auto add = [&](const ToolRow& row, std::optional<fs::path> program, bool always) {
    Result<fs::path> found =
        fail(ErrorKind::environment, fmt::format("the program {} is missing", row.name),
             std::string(row.get));
    if (program) found = *std::move(program);
    tools.push_back({.name = std::string(row.name), .found = std::move(found), .always = always});
  };
  const auto candidates = toolchains_.candidates();
  add(language_.toolchain, candidates.empty() ? std::nullopt : std::optional(candidates.front()),
      true);
  for (const auto& row : language_.more)
    add(row, process::find_program(std::string(row.name)), false);
  return tools;
}

Result<LockedPackages> BuiltRuntime::locked(const stack::StackSpec& spec) const {
  if (spec.lock.empty() || language_.read_lock == nullptr) return LockedPackages();
  const auto text = read_regular_file(spec.lock, longest_lock);
  if (!text) return std::unexpected(text.error());
  if (auto lock = language_.read_lock(*text)) return *std::move(lock);
  return fail(ErrorKind::environment,
              fmt::format("{} is no lock that unrig can read", printable(spec.lock.string())),
              std::string(stack::project_files_of(spec.language).lock_command));
}

std::string BuiltRuntime::locked_version(const stack::Selection& stack,
                                         std::string_view name) const {
  const auto lock = locked(*stack.spec);
  return lock ? built::locked_version(*lock, name) : "";
}

/// Why nobody can tell which packages a stack has.
std::string BuiltRuntime::not_seen(const stack::StackSpec& spec) const {
  if (spec.lock.empty()) return "it has no lock";
  if (language_.read_lock == nullptr)
    return fmt::format("unrig reads no lock of {}", language_.name);
  if (language_.installed == nullptr) {
    return fmt::format(
        "it was built from its lock, and a program in {} does not say which "
        "packages it has",
        language_.name);
  }
  return {};
}

/// What the command starts, if that lies in the build.
fs::path BuiltRuntime::served(const Recipe& recipe) const {
  const auto& command = recipe.spec->command;
  const fs::path program =
      stack::fill_in(command.empty() ? "" : command.front(), {{"build", recipe.folder.string()}});
  return program.native().starts_with((recipe.folder / "").native()) ? program : fs::path();
}

Result<Installed> BuiltRuntime::installed(const stack::Selection& stack) {
  const auto done = prepared(stack);
  if (!done) return std::unexpected(done.error());
  const auto toolchain = started(*done);
  if (!toolchain) return std::unexpected(toolchain.error());
  const auto program = served(*done);
  Installed installed;
  installed.not_seen = not_seen(*stack.spec);
  std::error_code error;
  // Whoever starts something of the machine's own runs that, and nothing of it was installed.
  if (language_.runs || !program.empty()) installed.folder = fs::canonical(done->folder, error);
  if (!error && language_.runs) installed.program = fs::canonical(*toolchain, error);
  if (error) return fail_errno(done->folder.string(), error.value());
  if (!installed.not_seen.empty()) return installed;
  auto packages = language_.installed(
      {.folder = done->folder, .served = program, .toolchain = *toolchain},
      [&](std::vector<std::string> argv) { return toolchains_.run(std::move(argv)); });
  if (!packages) return std::unexpected(packages.error());
  installed.packages = std::move(*packages);
  return installed;
}

Result<std::vector<std::string>> BuiltRuntime::differences(const stack::Selection& stack,
                                                           const Packages& installed) const {
  if (!not_seen(*stack.spec).empty()) return std::vector<std::string>();
  const auto lock = locked(*stack.spec);
  if (!lock) return std::unexpected(lock.error());
  return runtime::differences(*lock, installed,
                              [](std::string_view name) { return std::string(name); });
}

}  // namespace

std::unique_ptr<Runtime> make_runtime(const Language& language, const Places& places,
                                      const Means& means) {
  return std::make_unique<BuiltRuntime>(language, places, means);
}

}  // namespace unrig::runtime::built
