#include "stack/sources.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/regular_file.h"
#include "base/text.h"
#include "stack/command_line.h"

namespace unrig::stack {
namespace {

namespace fs = std::filesystem;

/// A list of words that becomes an argv; empty where there is no such key.
std::vector<std::string> read_words(TableReader& reader, const toml::table& table,
                                    std::string_view key, std::span<const std::string_view> names) {
  auto words = reader.texts(key);
  const bool is_empty = words.empty() || words.front().empty();
  if (is_empty && table.contains(key)) {
    reader.reject(reader.where(key), fmt::format("'{}' must name a program", key),
                  "write [\"program\", \"argument\", …]");
  }
  check_words(reader, key, words, names);
  return words;
}

/// A version with digits and dots only, which any version can be held against.
std::string read_least(TableReader& reader) {
  auto least = reader.text("least", "");
  const bool is_version =
      least.empty() || (least.find_first_not_of("0123456789.") == std::string::npos &&
                        !least.starts_with('.') && !least.ends_with('.'));
  if (!is_version) {
    reader.reject(reader.where("least"), fmt::format("'{}' is no version", least),
                  "write the oldest one that will do: \"21\", \"1.25\"");
  }
  return least;
}

/// A glob that selects nothing is a typing error.
void check_globs(TableReader& reader, const toml::table& table, std::span<const std::string> globs,
                 std::span<const fs::path> layers, std::span<const SourceFile> files) {
  for (std::size_t i = 0; i < globs.size(); ++i) {
    if (std::ranges::any_of(files, [&](const auto& file) { return selects(globs[i], file.name); }))
      continue;
    std::vector<std::string> looked;
    for (const auto& layer : layers) looked.push_back(layer.string());
    const auto* node = table["files"].as_array()->get(i);
    reader.reject(node->source(), fmt::format("'{}' selects no file", globs[i]),
                  "looked in " + join(looked, ", "));
  }
}

std::string command_in(const fs::path& folder, std::string_view command) {
  return fmt::format("cd {} && {}", shell_word(folder.string()), command);
}

/// The lock that is asked for, or the usual one.
void find_lock(TableReader& reader, const std::string& asked, StackSpec& spec) {
  const auto& usual = project_files_of(spec.language);
  const auto* manifest = find(spec.files, usual.manifest);
  const auto project = manifest == nullptr ? spec.folder : manifest->from.parent_path();
  if (const auto* file = find(spec.files, asked.empty() ? usual.lock : asked)) {
    spec.lock = file->from;
  } else if (!asked.empty()) {
    reader.reject(
        reader.where("lock"),
        fmt::format("there is no lock '{}' beside stack.toml or in apps/{}", asked, spec.language),
        asked == usual.lock ? command_in(project, usual.lock_command) : "");
  } else if (!usual.lock.empty() && manifest != nullptr) {
    const auto text = read_regular_file(manifest->from);
    if (text && !text->contains(usual.asks)) return;
    reader.reject(reader.where("lock"),
                  fmt::format("{} asks for packages, and there is no {} with their versions",
                              printable(manifest->from.string()), usual.lock),
                  command_in(project, usual.lock_command));
  }
}

void read_python_lock(TableReader& reader, const toml::table& table, StackSpec& spec) {
  for (const auto key : {"files", "build", "toolchain", "least"}) {
    if (table.contains(key)) {
      reader.reject(reader.where(key), fmt::format("'{}' is not for Python stacks", key),
                    "their packages come from a group of a vintage, or from a lock beside "
                    "stack.toml");
    }
  }
  const auto name = reader.text("lock", "");
  if (name.empty()) return;
  spec.lock = spec.folder / name;
  std::error_code ignored;
  if (name.contains('/') || !fs::is_regular_file(spec.lock, ignored)) {
    reader.reject(reader.where("lock"),
                  fmt::format("there is no lock '{}' beside stack.toml", name),
                  command_in(spec.folder,
                             "uv pip compile --generate-hashes --no-emit-index-url "
                             "requirements.in -o " +
                                 shell_word(name)));
  }
}

}  // namespace

bool has_groups(const StackSpec& spec) {
  return spec.is_python() && spec.lock.empty();
}

void check_words(TableReader& reader, std::string_view key, std::span<const std::string> words,
                 std::span<const std::string_view> names) {
  std::string known;
  for (const auto name : names) known += fmt::format("{{{}}} ", name);
  for (const auto& word : words) {
    if (const auto unknown = unknown_placeholder(word, names)) {
      reader.reject(reader.where(key), fmt::format("unknown placeholder {{{}}}", *unknown),
                    known.empty() ? "none is known here" : "known are " + std::string(trim(known)));
    }
    if (needs_shell(word)) {
      reader.reject(reader.where(key),
                    fmt::format("'{}' means something only in a shell, and no shell is used", word),
                    "give the program and each of its arguments as one text");
    }
  }
}

std::vector<fs::path> layers_of(const StackSpec& spec, const fs::path& shared,
                                const fs::path& own) {
  const auto& usual = project_files_of(spec.language);
  std::error_code ignored;
  // What somebody brings as a project of his own has no room for ours.
  if (!usual.manifest.empty() && fs::exists(spec.folder / usual.manifest, ignored))
    return {spec.folder};
  std::vector<fs::path> layers{shared / spec.language};
  if (own != shared) layers.push_back(own / spec.language);
  layers.push_back(spec.folder);
  return layers;
}

Result<> read_sources(TableReader& reader, const toml::table& table,
                      std::span<const fs::path> layers, StackSpec& spec) {
  if (spec.is_python()) {
    read_python_lock(reader, table, spec);
    return {};
  }
  const auto globs = reader.texts("files");
  const auto lock = reader.text("lock", "");
  const auto& usual = project_files_of(spec.language);
  auto all = globs;
  if (!all.empty()) {
    for (const auto& name : {std::string(usual.manifest), std::string(usual.lock), lock}) {
      if (!name.empty()) all.push_back(name);
    }
  }
  auto files = source_files(layers, all);
  if (!files) return std::unexpected(files.error());
  spec.files = std::move(*files);
  check_globs(reader, table, globs, layers, spec.files);
  find_lock(reader, lock, spec);
  const std::string_view names[] = {"build", spec.language};
  spec.build = read_words(reader, table, "build", names);
  spec.toolchain = read_words(reader, table, "toolchain", {});
  spec.least = read_least(reader);
  auto hash = hash_of(spec.files);
  if (!hash) return std::unexpected(hash.error());
  spec.files_hash = std::move(*hash);
  return {};
}

}  // namespace unrig::stack
