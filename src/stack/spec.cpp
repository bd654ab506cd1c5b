#include "stack/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/regular_file.h"
#include "base/text.h"
#include "base/toml_reader.h"
#include "stack/command_line.h"

namespace unrig::stack {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view concurrency_names = "sync, threads, async-coroutine, async-greenlet";

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// Names stand in paths, tables and records: plain ASCII, no separators of any of them.
bool is_stack_name(std::string_view name) {
  return !name.empty() && is_lower_or_digit(name.front()) && std::ranges::all_of(name, [](char c) {
    return is_lower_or_digit(c) || c == '.' || c == '_' || c == '-';
  });
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

/// A file's own name, without any folder. It has a suffix: by that its modules are known.
bool is_plain_file_name(std::string_view name) {
  return name.find('/') == std::string_view::npos && !name.starts_with('.') &&
         fs::path(name).extension().native().size() > 1;
}

void check_words(TableReader& reader, std::string_view key, std::span<const std::string> words,
                 std::string_view language) {
  const auto names = placeholder_names(language);
  std::string known;
  for (const auto name : names) known += fmt::format("{{{}}} ", name);
  for (const auto& word : words) {
    if (const auto unknown = unknown_placeholder(word, names)) {
      reader.reject(reader.where(key), fmt::format("unknown placeholder {{{}}}", *unknown),
                    "known are " + std::string(trim(known)));
    }
    if (needs_shell(word)) {
      reader.reject(reader.where(key),
                    fmt::format("'{}' means something only in a shell, and no shell is used", word),
                    "give the program and each of its arguments as one text");
    }
  }
}

std::vector<std::string> read_command(TableReader& reader, const toml::table& table,
                                      std::string_view language) {
  if (const auto* node = table.get("command"); node != nullptr && node->is_string()) {
    reader.reject(node->source(), "'command' must be a list of texts: no shell is used",
                  "write [\"{bin}/program\", \"argument\", …]");
  }
  auto command = reader.texts("command", true);
  if (command.empty() && table.contains("command"))
    reader.reject(reader.where("command"), "the command is empty");
  check_words(reader, "command", command, language);
  return command;
}

Result<VintageSpec> read_vintage(const fs::path& file, const toml::key& name,
                                 const toml::node& node, std::string_view language) {
  const auto* table = node.as_table();
  if (table == nullptr) {
    return std::unexpected(toml_error(file, node.source(), "a vintage must be a table",
                                      fmt::format("write [vintage.{}]", name.str())));
  }
  TableReader reader(file, *table);
  VintageSpec vintage;
  vintage.name = name.str();
  vintage.group = reader.text("group");
  vintage.extra = reader.texts("extra");
  vintage.note = reader.text("note", "");
  check_words(reader, "extra", vintage.extra, language);
  if (!is_stack_name(vintage.name)) {
    reader.reject(name.source(), "a vintage's name has only lower-case letters, digits and . _ -");
  }
  if (!vintage.group.empty() && !is_stack_name(vintage.group)) {
    reader.reject(reader.where("group"),
                  "a group's name has only lower-case letters, digits and . _ -");
  }
  if (const auto done = reader.finish(); !done) return std::unexpected(done.error());
  return vintage;
}

Result<std::vector<VintageSpec>> read_vintages(const fs::path& file, const toml::table& table,
                                               std::string_view language) {
  std::vector<std::pair<toml::source_position, VintageSpec>> found;
  for (const auto& [name, node] : table) {
    auto vintage = read_vintage(file, name, node, language);
    if (!vintage) return std::unexpected(vintage.error());
    found.emplace_back(name.source().begin, std::move(*vintage));
  }
  std::ranges::sort(
      found, {}, [](const auto& entry) { return std::pair(entry.first.line, entry.first.column); });
  std::vector<VintageSpec> vintages;
  for (auto& [position, vintage] : found) vintages.push_back(std::move(vintage));
  return vintages;
}

void read_environment(TableReader& reader, const toml::table& table, StackSpec& spec) {
  for (const auto& [name, node] : table) {
    const auto value = node.value_exact<std::string>();
    if (!is_variable_name(name.str())) {
      reader.reject(name.source(), fmt::format("'{}' cannot name a variable", name.str()));
    } else if (!value) {
      reader.reject(node.source(), fmt::format("'{}' must be a text", name.str()));
    } else {
      spec.environment.emplace(name.str(), *value);
    }
  }
}

/// Where the application lies: beside stack.toml, else with the shared ones of its language.
void find_application(TableReader& reader, std::span<const fs::path> apps, StackSpec& spec) {
  const auto name = reader.text("application");
  if (name.empty()) return;
  if (!is_plain_file_name(name)) {
    reader.reject(reader.where("application"),
                  "'application' must name a file with a suffix, without folder");
    return;
  }
  std::vector<fs::path> places{spec.folder};
  for (const auto& folder : apps) places.push_back(folder / spec.language);
  std::vector<std::string> tried;
  for (const auto& place : places) {
    std::error_code ignored;
    spec.application = place / name;
    if (fs::is_regular_file(spec.application, ignored)) return;
    tried.push_back(place.string());
  }
  reader.reject(reader.where("application"), fmt::format("there is no file '{}'", name),
                "looked in " + join(tried, ", "));
}

/// Modules of a folder that are no application of their own, sorted by name.
std::vector<fs::path> modules_in(const fs::path& folder, const fs::path& suffix) {
  std::vector<fs::path> modules;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto name = entry.path().filename().string();
    if (name.ends_with(suffix.native()) && !name.starts_with("app_"))
      modules.push_back(entry.path());
  }
  std::ranges::sort(modules);
  return modules;
}

/// What the stack serves, by content: stack.toml, the application, and the modules that it finds:
/// those beside it and, where it lies elsewhere, the shared ones.
Result<std::string> hash_of(const StackSpec& spec, const fs::path& file, const fs::path& shared) {
  std::vector<fs::path> parts{file, spec.application};
  const auto beside = spec.application.parent_path();
  const auto suffix = spec.application.extension();
  for (const auto& module : modules_in(beside, suffix)) parts.push_back(module);
  if (beside != shared) {
    for (const auto& module : modules_in(shared, suffix)) parts.push_back(module);
  }
  std::string hashes;
  for (const auto& part : parts) {
    const auto content = read_regular_file(part);
    if (!content) return std::unexpected(content.error());
    hashes += part.filename().string() + ' ' + sha256(*content) + '\n';
  }
  return sha256(hashes);
}

Result<StackSpec> load_stack(const fs::path& folder, std::span<const fs::path> apps) {
  const auto file = folder / "stack.toml";
  const auto table = parse_toml(file);
  if (!table) return std::unexpected(table.error());

  TableReader reader(file, *table);
  StackSpec spec;
  spec.name = folder.filename().string();
  spec.folder = folder;
  spec.language = reader.text("language", std::string(default_language));
  if (!is_stack_name(spec.language)) {
    reader.reject(reader.where("language"),
                  "a language's name has only lower-case letters, digits and . _ -");
  }
  spec.framework = reader.text("framework");
  spec.server = reader.text("server");
  const auto concurrency = reader.text("concurrency");
  if (const auto value = scenario::concurrency_from(concurrency)) {
    spec.concurrency = *value;
  } else if (!concurrency.empty()) {
    reader.reject(reader.where("concurrency"),
                  fmt::format("'{}' is no concurrency model", concurrency),
                  fmt::format("one of {}", concurrency_names));
  }
  find_application(reader, apps, spec);
  spec.driver = reader.text("driver");
  spec.event_loop = reader.text("event_loop", "");
  spec.c_extensions = reader.texts("c_extensions");
  spec.health = reader.text("health", "/test");
  if (!spec.health.starts_with('/') || spec.health.find_first_of(" \r\n") != std::string::npos) {
    reader.reject(reader.where("health"), "'health' must be a path that starts with /");
  }
  spec.command = read_command(reader, *table, spec.language);
  if (const auto* more = reader.table("environment")) read_environment(reader, *more, spec);
  if (const auto* vintages = reader.table("vintage")) {
    auto read = read_vintages(file, *vintages, spec.language);
    if (!read) return std::unexpected(read.error());
    spec.vintages = std::move(*read);
  }
  if (spec.vintages.empty()) {
    reader.reject(table->source(), "there is no vintage", "add a table such as [vintage.2026]");
  }
  if (const auto done = reader.finish(); !done) return std::unexpected(done.error());
  auto hash = hash_of(spec, file, apps.front() / spec.language);
  if (!hash) return std::unexpected(hash.error());
  spec.hash = std::move(*hash);
  return spec;
}

Result<std::vector<fs::path>> stack_folders(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> found;
  fs::directory_iterator entries(folder, error);
  if (error) {
    return fail(ErrorKind::usage, fmt::format("cannot read the folder of stacks {}: {}",
                                              printable(folder.string()), error.message()));
  }
  for (const auto& entry : entries) {
    const auto name = entry.path().filename().string();
    if (!entry.is_directory(error) || name.starts_with('.') || name == "__pycache__") continue;
    if (!is_stack_name(name)) {
      return fail(ErrorKind::usage,
                  fmt::format("{}: a stack's name has only lower-case letters, digits and . _ -",
                              printable(entry.path().string())),
                  "rename the folder");
    }
    if (!fs::exists(entry.path() / "stack.toml", error)) {
      return fail(ErrorKind::usage,
                  fmt::format("{} has no stack.toml", printable(entry.path().string())),
                  "write one (docs/stacks.md), or move the folder elsewhere");
    }
    found.push_back(entry.path());
  }
  return found;
}

}  // namespace

const VintageSpec* StackSpec::vintage(std::string_view wanted) const {
  const auto found = std::ranges::find(vintages, wanted, &VintageSpec::name);
  return found == vintages.end() ? nullptr : &*found;
}

Result<std::vector<StackSpec>> load_stacks(std::span<const fs::path> folders) {
  std::vector<fs::path> absolute;
  std::vector<fs::path> apps;
  for (const auto& folder : folders) {
    absolute.push_back(fs::absolute(folder).lexically_normal());
    apps.push_back((absolute.back() / "../apps").lexically_normal());
  }
  std::map<std::string, StackSpec> stacks;
  for (const auto& folder : absolute) {
    const auto found = stack_folders(folder);
    if (!found) return std::unexpected(found.error());
    for (const auto& path : *found) {
      auto spec = load_stack(path, apps);
      if (!spec) return std::unexpected(spec.error());
      stacks.insert_or_assign(spec->name, std::move(*spec));
    }
  }
  std::vector<StackSpec> result;
  for (auto& [name, spec] : stacks) result.push_back(std::move(spec));
  return result;
}

Result<Selection> select(std::span<const StackSpec> stacks, std::string_view text,
                         std::string_view default_vintage) {
  const auto at = text.find('@');
  const auto name = text.substr(0, at);
  const auto vintage = at == std::string_view::npos ? default_vintage : text.substr(at + 1);

  const auto stack = std::ranges::find(stacks, name, &StackSpec::name);
  if (stack == stacks.end()) {
    std::vector<std::string> names;
    for (const auto& each : stacks) names.push_back(each.name);
    const auto near = did_you_mean(name, names);
    return fail(
        ErrorKind::usage, fmt::format("there is no stack '{}'", printable(name)),
        near.empty() ? "known are " + join(names, ", ") : fmt::format("did you mean '{}'?", near));
  }
  if (stack->vintage(vintage) == nullptr) {
    std::vector<std::string> names;
    for (const auto& each : stack->vintages) names.push_back(each.name);
    const auto near = did_you_mean(vintage, names);
    return fail(ErrorKind::usage,
                fmt::format("{} has no vintage '{}'", stack->name, printable(vintage)),
                near.empty() ? "it has " + join(names, ", ")
                             : fmt::format("did you mean '{}@{}'?", stack->name, near));
  }
  return Selection{&*stack, std::string(vintage)};
}

}  // namespace unrig::stack
