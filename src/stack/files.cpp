#include "stack/files.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/hash.h"
#include "base/regular_file.h"
#include "base/text.h"

namespace unrig::stack {
namespace {

namespace fs = std::filesystem;

constexpr auto left_out =
    std::to_array<std::string_view>({"node_modules", "target", "__pycache__"});

constexpr auto project_files = std::to_array<ProjectFiles>({
    {"go", "go.mod", "go.sum", "require", "go mod tidy"},
    {"node", "package.json", "package-lock.json", "\"dependencies\"",
     "npm install --package-lock-only --omit-lockfile-registry-resolved"},
    {"rust", "Cargo.toml", "Cargo.lock", "", "cargo generate-lockfile"},
    {"java", "pom.xml", "", "", ""},
    {"native", "CMakeLists.txt", "", "", ""},
    {"", "", "", "", ""},
});

bool is_left_out(const fs::path& path, const fs::path& layer) {
  const auto name = path.filename().string();
  return name.starts_with('.') || std::ranges::find(left_out, name) != left_out.end() ||
         path == layer / "stack.toml";
}

bool is_selected(std::span<const std::string> globs, std::string_view name) {
  return globs.empty() ||
         std::ranges::any_of(globs, [&](const std::string& glob) { return selects(glob, name); });
}

using ByName = std::map<std::string, SourceFile>;

Result<> add_layer(const fs::path& layer, std::span<const std::string> globs, ByName& found) {
  std::error_code error;
  if (!fs::is_directory(layer, error)) return {};
  auto entry = fs::recursive_directory_iterator(layer, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const auto& path = entry->path();
    const auto status = entry->symlink_status(error);
    if (error) break;
    if (is_left_out(path, layer)) {
      if (fs::is_directory(status)) entry.disable_recursion_pending();
      continue;
    }
    if (fs::is_directory(status)) continue;
    const auto name = path.lexically_relative(layer).string();
    if (!is_selected(globs, name)) continue;
    if (!fs::is_regular_file(status)) {
      return fail(
          ErrorKind::usage,
          fmt::format("{} is no regular file, and no part of a stack", printable(path.string())),
          "put the file itself there, or name the stack's files in stack.toml: "
          "files = [\"*.js\"]");
    }
    const bool runs = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
    found.insert_or_assign(name, SourceFile{.name = name, .from = path, .runs = runs});
    if (found.size() > most_source_files) {
      return fail(
          ErrorKind::usage,
          fmt::format("{} has more than {} files", printable(layer.string()), most_source_files),
          "name the stack's own in stack.toml: files = [\"src/*\"]");
    }
  }
  if (error)
    return fail_errno(fmt::format("cannot read {}", printable(layer.string())), error.value());
  return {};
}

}  // namespace

bool selects(std::string_view glob, std::string_view name) {
  return ::fnmatch(std::string(glob).c_str(), std::string(name).c_str(), FNM_NOESCAPE) == 0;
}

Result<std::vector<SourceFile>> source_files(std::span<const fs::path> layers,
                                             std::span<const std::string> globs) {
  ByName found;
  for (const auto& layer : layers) {
    if (auto added = add_layer(layer, globs, found); !added) return std::unexpected(added.error());
  }
  std::vector<SourceFile> files;
  for (auto& [name, file] : found) files.push_back(std::move(file));
  return files;
}

Result<std::string> hash_of(std::span<const SourceFile> files) {
  std::string hashes;
  for (const auto& file : files) {
    const auto content = read_regular_file(file.from, longest_source_file);
    if (!content) return std::unexpected(content.error());
    // A name has no zero byte, so that no two lists of files look alike.
    hashes += file.name + '\0' + sha256(*content) + (file.runs ? "x" : "-") + '\n';
  }
  return sha256(hashes);
}

const SourceFile* find(std::span<const SourceFile> files, std::string_view name) {
  const auto found = std::ranges::find(files, name, &SourceFile::name);
  return found == files.end() ? nullptr : &*found;
}

const ProjectFiles& project_files_of(std::string_view language) {
  const auto found = std::ranges::find(project_files, language, &ProjectFiles::language);
  return found == project_files.end() ? project_files.back() : *found;
}

}  // namespace unrig::stack
