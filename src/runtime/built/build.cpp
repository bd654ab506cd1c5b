#include "runtime/built/build.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/hash.h"
#include "base/regular_file.h"
#include "base/text.h"
#include "runtime/advice.h"
#include "runtime/build_variables.h"
#include "stack/command_line.h"

namespace unrig::runtime::built {
namespace {

namespace fs = std::filesystem;

/// What brings the tool that the build's shell did not find; "" where it found all.
std::string advice_for_missing(std::span<const ToolRow> tools, std::string_view log) {
  for (const auto& tool : tools) {
    for (const auto said : {"not found", "command not found"})
      if (log.contains(fmt::format(" {}: {}", tool.name, said))) return std::string(tool.get);
  }
  return {};
}

/// A folder below the build, and those on the way to it, of the service user's.
Result<> make_folders(const fs::path& build, const fs::path& below, const host::Folders& folders,
                      std::set<fs::path>& made) {
  fs::path path;
  for (const auto& part : below) {
    path /= part;
    if (!made.insert(path).second) continue;
    if (auto done = folders.make_service_folder(build / path); !done) return done;
  }
  return {};
}

}  // namespace

bool Recipe::is_complete() const {
  std::error_code error;
  return fs::exists(marker_of(folder), error);
}

Result<Recipe> recipe_of(const stack::StackSpec& spec, Toolchain toolchain,
                         const fs::path& builds) {
  const auto reserved = marker_of("").string();
  if (const auto* file = stack::find(spec.files, reserved)) {
    return fail(ErrorKind::usage,
                fmt::format("{}: unrig needs the name '{}' for itself",
                            printable(file->from.string()), reserved),
                "give the file another name, or leave it out with `files` in stack.toml");
  }
  auto all = fmt::format("{}\n{}\n{}\n", spec.language, spec.files_hash, toolchain.text());
  for (const auto& word : spec.build) all += word + '\0';
  Recipe recipe{.spec = &spec, .toolchain = std::move(toolchain), .folder = {}};
  recipe.folder = builds / hashed_name(spec.name, all);
  return recipe;
}

Variables build_variables(const Language& language, Variables callers, const BuildPlaces& places) {
  auto& path = callers["PATH"];
  path = fmt::format("{}:{}", places.programs.string(), path.empty() ? "/usr/bin:/bin" : path);
  const stack::Placeholders placeholders = {{"cache", places.cache.string()},
                                            {"build", places.build.string()},
                                            {"toolchain", places.installation.string()}};
  for (const auto& row : language.variables) {
    auto& value = callers[std::string(row.name)];
    const auto own = stack::fill_in(row.value, placeholders);
    value = row.adds && !value.empty() ? value + " " + own : own;
  }
  return callers;
}

BuildWork::BuildWork(Recipe recipe, const Language& language, const Toolchains& toolchains,
                     const host::Folders& folders, process::Guard& guard, const Clock& clock)
    : recipe_(std::move(recipe)),
      language_(&language),
      toolchains_(&toolchains),
      folders_(&folders),
      making_(recipe_.folder, folders.log("build-" + recipe_.spec->name), folders, guard, clock) {}

std::string BuildWork::doing() const {
  return fmt::format("{}: {}", recipe_.spec->name,
                     is_running_ ? "building" : "waiting for another unrig");
}

std::optional<Result<>> BuildWork::advance() {
  if (making_.is_late()) return std::unexpected(failure("not done after 15 minutes"));
  if (is_running_) {
    const auto exit = making_.poll();
    if (!exit) return std::nullopt;
    if (!exit->ok()) return std::unexpected(failure(exit->text()));
    return finish();
  }
  const auto taken = making_.take_lock();
  if (!taken) return std::unexpected(taken.error());
  if (!*taken) return std::nullopt;
  if (recipe_.is_complete()) return Result<>{};
  if (auto begun = making_.begin(); !begun) return begun;
  if (auto laid = lay(); !laid) return laid;
  if (recipe_.spec->build.empty()) return finish();
  const auto started = start();
  return started ? std::nullopt : std::optional(started);
}

/// Of the files exactly what the folder is named by.
Result<> BuildWork::lay() const {
  std::set<fs::path> made;
  for (const auto& file : recipe_.spec->files) {
    const fs::path name = file.name;
    if (auto done = make_folders(recipe_.folder, name.parent_path(), *folders_, made); !done)
      return done;
    const auto content = read_regular_file(file.from, stack::longest_source_file);
    if (!content) return std::unexpected(content.error());
    const auto to = recipe_.folder / name;
    if (auto done = folders_->write_service_file(to, *content); !done) return done;
    constexpr mode_t program = 0700;
    if (file.runs && ::chmod(to.c_str(), program) != 0) return fail_errno(to.string(), errno);
  }
  const auto hash = stack::hash_of(recipe_.spec->files);
  if (!hash) return std::unexpected(hash.error());
  if (*hash == recipe_.spec->files_hash) return {};
  return fail(ErrorKind::environment,
              fmt::format("{}: its files were changed while unrig read them", recipe_.spec->name),
              "start again when they stay as they are");
}

/// Where the word of a command line is a name, the program that it means; the toolchain's own
/// first.
Result<std::string> BuildWork::program_for(const std::string& word,
                                           const fs::path& programs) const {
  if (word.contains('/')) return word;
  std::error_code ignored;
  if (fs::exists(programs / word, ignored)) return (programs / word).string();
  if (const auto found = process::find_program(word)) {
    const auto can = folders_->can_read(*found);
    if (!can) return std::unexpected(can.error());
    if (*can) return found->string();
    return fail(ErrorKind::environment,
                fmt::format("the system user {} cannot read {}", host::service_account,
                            printable(found->string())),
                "install it for all users");
  }
  const auto row = std::ranges::find(language_->more, word, &ToolRow::name);
  return fail(ErrorKind::environment, fmt::format("the program {} is missing", printable(word)),
              row == language_->more.end() ? "" : std::string(row->get));
}

Result<> BuildWork::start() {
  const auto toolchain = toolchains_->reachable(recipe_.toolchain);
  if (!toolchain) return std::unexpected(toolchain.error());
  const auto cache = cache_for_builds(*folders_);
  if (!cache) return std::unexpected(cache.error());
  const auto programs = toolchain->parent_path();
  auto argv = stack::fill_in(
      recipe_.spec->build, {},
      {{"build", recipe_.folder.string()}, {std::string(language_->name), toolchain->string()}});
  auto program = program_for(argv.front(), programs);
  if (!program) return std::unexpected(program.error());
  argv.front() = std::move(*program);
  const bool own_user = folders_->service_user().has_value();
  constexpr std::string_view left_out[] = {"PWD", "OLDPWD"};
  std::error_code error;
  const auto real = fs::canonical(*toolchain, error);
  if (error) return fail_errno(toolchain->string(), error.value());
  auto variables = build_variables(*language_, callers_variables(own_user, left_out),
                                   {.cache = *cache,
                                    .build = recipe_.folder,
                                    .programs = programs,
                                    .installation = real.parent_path().parent_path()});
  variables.insert_or_assign("TMPDIR", making_.temporary().string());
  if (own_user) variables.insert_or_assign("HOME", cache->string());
  auto started = making_.start(std::move(argv), as_environment(variables), recipe_.folder);
  if (started) is_running_ = true;
  return started;
}

/// It takes the place of what the same stack had with other files, tools or commands.
Result<> BuildWork::finish() {
  const auto& spec = *recipe_.spec;
  if (auto done = making_.finish(fmt::format("{} {}\nfiles {}\n", spec.language,
                                             recipe_.toolchain.text(), spec.files_hash));
      !done) {
    return done;
  }
  making_.remove_replaced(spec.name, [](std::string_view) { return true; });
  return {};
}

Error BuildWork::failure(std::string_view why) const {
  const auto& spec = *recipe_.spec;
  const auto words = making_.words();
  const auto advice = advice_for_missing(language_->more, words);
  return making_failed(
      making_,
      fmt::format("cannot build the stack {}: {}", spec.name, printable(join(spec.build, " "))),
      why, advice.empty() ? advice_for_build(words) : advice);
}

}  // namespace unrig::runtime::built
