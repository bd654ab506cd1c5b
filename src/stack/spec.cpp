#include "stack/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>

#include "base/hash.h"
#include "base/regular_file.h"
#include "base/text.h"
#include "base/toml_reader.h"
#include "stack/command_line.h"
#include "stack/request_toml.h"
#include "stack/sources.h"

namespace unrig::stack {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string_view>;

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

std::vector<std::string> read_command(TableReader& reader, const toml::table& table,
                                      const Names& names) {
  if (const auto* node = table.get("command"); node != nullptr && node->is_string()) {
    reader.reject(node->source(), "'command' must be a list of texts: no shell is used",
                  "write [\"{bin}/program\", \"argument\", …]");
  }
  auto command = reader.texts("command", true);
  if (command.empty() && table.contains("command"))
    reader.reject(reader.where("command"), "the command is empty");
  check_words(reader, "command", command, names);
  return command;
}

/// How the server is told to listen, by the way in which it is reached.
Result<> read_listen(const fs::path& file, const toml::table& table, StackSpec& spec) {
  using scenario::ProxyProtocol;
  using scenario::ProxySocket;
  TableReader reader(file, table);
  constexpr std::string_view of_port[] = {"host", "port"}, of_socket[] = {"socket"};
  const auto read = [&](std::string_view key, scenario::Way way) {
    const bool is_port = way.socket == ProxySocket::tcp;
    // An empty list: by its variables. Without HTTP at a port nobody but a proxy could ask it.
    const bool is_there = table.contains(key);
    auto words = reader.texts(key, !is_there && way == scenario::Way{});
    check_words(reader, key, words,
                is_port ? std::span<const std::string_view>(of_port) : of_socket);
    if (is_there) spec.listen.emplace_back(way, std::move(words));
  };
  read("http", {ProxyProtocol::http, ProxySocket::tcp});
  read("http_unix", {ProxyProtocol::http, ProxySocket::unix_domain});
  read("uwsgi", {ProxyProtocol::uwsgi, ProxySocket::tcp});
  read("uwsgi_unix", {ProxyProtocol::uwsgi, ProxySocket::unix_domain});
  return reader.finish();
}

Result<VintageSpec> read_vintage(const fs::path& file, const toml::key& name,
                                 const toml::node& node, const Names& names,
                                 const StackSpec& spec) {
  const auto* table = node.as_table();
  if (table == nullptr) {
    return std::unexpected(toml_error(file, node.source(), "a vintage must be a table",
                                      fmt::format("write [vintage.{}]", name.str())));
  }
  TableReader reader(file, *table);
  VintageSpec vintage;
  vintage.name = name.str();
  if (has_groups(spec)) {
    vintage.group = reader.text("group");
  } else if (!reader.text("group", "").empty()) {
    reader.reject(reader.where("group"), spec.is_python()
                                             ? "a stack with a lock of its own is of no group"
                                             : "groups are environments of Python");
  }
  vintage.extra = reader.texts("extra");
  vintage.note = reader.text("note", "");
  check_words(reader, "extra", vintage.extra, names);
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
                                               const Names& names, const StackSpec& spec) {
  std::vector<std::pair<toml::source_position, VintageSpec>> found;
  for (const auto& [name, node] : table) {
    auto vintage = read_vintage(file, name, node, names, spec);
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

/// Relative to stack.toml, so that a folder can be given away with its application.
void read_directory(TableReader& reader, StackSpec& spec) {
  const auto name = reader.text("directory", "");
  if (name.empty()) return;
  spec.directory = (spec.folder / name).lexically_normal();
  std::error_code ignored;
  if (!fs::is_directory(spec.directory, ignored)) {
    reader.reject(reader.where("directory"),
                  fmt::format("there is no folder {}", printable(spec.directory.string())));
  }
}

/// Where the application lies: beside stack.toml, else with the shared ones of its language.
void find_application(TableReader& reader, std::span<const fs::path> apps, StackSpec& spec) {
  const auto name = has_groups(spec) ? reader.text("application") : reader.text("application", "");
  if (name.empty()) return;
  if (!spec.is_python()) {
    if (const auto* file = find(spec.files, name)) {
      spec.application = file->from;
    } else {
      reader.reject(reader.where("application"),
                    fmt::format("there is no file '{}' among those of the stack", name));
    }
    return;
  }
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

/// What a Python stack serves, by content: stack.toml, the application, the modules that it finds,
/// which are those beside it and, where it lies elsewhere, the shared ones, and a lock of its own.
Result<std::string> hash_of_python(const StackSpec& spec, const fs::path& file,
                                   const fs::path& shared) {
  std::vector<fs::path> parts{file};
  if (!spec.application.empty()) parts.push_back(spec.application);
  const auto beside = spec.application.empty() ? spec.folder : spec.application.parent_path();
  const auto suffix = spec.application.empty() ? fs::path(".py") : spec.application.extension();
  for (const auto& module : modules_in(beside, suffix)) parts.push_back(module);
  if (beside != shared) {
    for (const auto& module : modules_in(shared, suffix)) parts.push_back(module);
  }
  if (!spec.lock.empty()) parts.push_back(spec.lock);
  std::string hashes;
  for (const auto& part : parts) {
    const auto content = read_regular_file(part);
    if (!content) return std::unexpected(content.error());
    hashes += part.filename().string() + ' ' + sha256(*content) + '\n';
  }
  return sha256(hashes);
}

/// The same of a stack in another language: stack.toml and all of its files.
Result<std::string> hash_of_others(const StackSpec& spec, const fs::path& file) {
  const auto content = read_regular_file(file);
  if (!content) return std::unexpected(content.error());
  return sha256(sha256(*content) + spec.files_hash);
}

void read_claims(TableReader& reader, StackSpec& spec) {
  spec.driver = has_groups(spec) ? reader.text("driver") : reader.text("driver", "");
  spec.event_loop = reader.text("event_loop", "");
  spec.c_extensions = reader.texts("c_extensions");
  for (const auto key : {"event_loop", "c_extensions"}) {
    const bool is_claimed = std::string_view(key) == "event_loop" ? !spec.event_loop.empty()
                                                                  : !spec.c_extensions.empty();
    if (is_claimed && !spec.is_python()) {
      reader.reject(reader.where(key),
                    fmt::format("'{}' names modules of Python, and this is a stack in {}", key,
                                spec.language),
                    "leave it out");
    }
  }
  if (const auto* node = reader.value("statements")) {
    constexpr std::int64_t most = 1000;
    const auto number = node->value_exact<std::int64_t>();
    if (number && *number >= 1 && *number <= most) {
      spec.statements = static_cast<int>(*number);
    } else {
      reader.reject(node->source(),
                    fmt::format("'statements' must be a whole number from 1 to {}", most));
    }
  }
}

/// The concurrency model, and what {workers} counts.
void read_model(TableReader& reader, StackSpec& spec) {
  const auto concurrency = reader.text("concurrency");
  if (const auto value = scenario::concurrency_from(concurrency)) {
    spec.concurrency = *value;
  } else if (!concurrency.empty()) {
    reader.reject(reader.where("concurrency"),
                  fmt::format("'{}' is no concurrency model", concurrency),
                  fmt::format("one of {}", scenario::concurrency_names()));
  }
  const auto worker = reader.text("worker", std::string(to_text(spec.worker)));
  if (const auto value = scenario::worker_from(worker)) {
    spec.worker = *value;
  } else {
    reader.reject(reader.where("worker"), fmt::format("'{}' is no kind of worker", worker),
                  "one of process, thread, server: what {workers} counts");
  }
  if (spec.concurrency == scenario::Concurrency::sync && spec.worker != scenario::Worker::process) {
    reader.reject(reader.where("worker"), "a sync worker is a process: it serves one request",
                  "write concurrency = \"threads\", or leave 'worker' out");
  }
}

/// `apps`: where applications are shared; the first is unrig's own, `own` that beside the stack's
/// folder of stacks.
Result<StackSpec> load_stack(const fs::path& folder, std::span<const fs::path> apps,
                             const fs::path& own) {
  const auto file = folder / "stack.toml";
  const auto table = parse_toml(file);
  if (!table) return std::unexpected(table.error());

  TableReader reader(file, *table);
  StackSpec spec;
  spec.name = folder.filename().string();
  spec.folder = folder;
  // Who says what is asked has a program that is there already.
  spec.language = reader.text(
      "language", std::string(table->contains("request") ? ready_language : default_language));
  if (!is_stack_name(spec.language)) {
    reader.reject(reader.where("language"),
                  "a language's name has only lower-case letters, digits and . _ -");
    return std::unexpected(reader.finish().error());
  }
  spec.framework = reader.text("framework");
  spec.server = reader.text("server");
  read_model(reader, spec);
  const auto layers = layers_of(spec, apps.front(), own);
  if (auto read = read_sources(reader, *table, layers, spec); !read)
    return std::unexpected(read.error());
  find_application(reader, apps, spec);
  read_claims(reader, spec);
  if (const auto* request = reader.table("request")) {
    auto asked = read_request(file, *request);
    if (!asked) return std::unexpected(asked.error());
    spec.own = std::move(*asked);
  }
  spec.health = reader.text("health", spec.own ? "" : spec.health);
  const bool has_health = !spec.own || !spec.health.empty();
  if (has_health &&
      (!spec.health.starts_with('/') || spec.health.find_first_of(" \r\n") != std::string::npos)) {
    reader.reject(reader.where("health"), "'health' must be a path that starts with /");
  }
  read_directory(reader, spec);
  auto names = placeholder_names(spec.language);
  if (spec.application.empty() && !has_groups(spec)) {
    std::erase(names, "application");
    std::erase(names, "module");
  }
  if (const auto* listen = reader.table("listen")) {
    if (auto read = read_listen(file, *listen, spec); !read) return std::unexpected(read.error());
  } else {
    std::erase(names, "listen");
  }
  spec.command = read_command(reader, *table, names);
  if (!spec.listen.empty() && std::ranges::find(spec.command, "{listen}") == spec.command.end())
    reader.reject(reader.where("command"), "the command has no word \"{listen}\"");
  if (const auto* more = reader.table("environment")) read_environment(reader, *more, spec);
  if (const auto* vintages = reader.table("vintage")) {
    auto read = read_vintages(file, *vintages, names, spec);
    if (!read) return std::unexpected(read.error());
    spec.vintages = std::move(*read);
  }
  if (spec.vintages.empty()) {
    reader.reject(table->source(), "there is no vintage", "add a table such as [vintage.2026]");
  }
  if (const auto done = reader.finish(); !done) return std::unexpected(done.error());
  auto hash = spec.is_python() ? hash_of_python(spec, file, apps.front() / spec.language)
                               : hash_of_others(spec, file);
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

const std::vector<std::string>* StackSpec::listening(scenario::Way way) const {
  const auto found = std::ranges::find(listen, way, [](const auto& each) { return each.first; });
  return found == listen.end() ? nullptr : &found->second;
}

Result<> check_way(const StackSpec& spec, scenario::Way way, std::span<const StackSpec> all) {
  if (spec.takes(way)) return {};
  std::vector<std::string> others;
  for (const auto& each : all) {
    if (each.takes(way)) others.push_back(each.name);
  }
  return fail(ErrorKind::usage,
              fmt::format("{} does not say how its server is reached with proxy.protocol={} and "
                          "proxy.socket={}",
                          spec.name, to_text(way.protocol), to_text(way.socket)),
              others.empty() ? "no stack does; docs/stacks.md has the table [listen]"
                             : "these do: " + join(others, ", "));
}

Result<std::vector<StackSpec>> load_stacks(std::span<const fs::path> folders) {
  std::vector<fs::path> absolute;
  std::vector<fs::path> apps;
  for (const auto& folder : folders) {
    absolute.push_back(fs::absolute(folder).lexically_normal());
    apps.push_back((absolute.back() / "../apps").lexically_normal());
  }
  std::map<std::string, StackSpec> stacks;
  for (std::size_t i = 0; i < absolute.size(); ++i) {
    const auto found = stack_folders(absolute[i]);
    if (!found) return std::unexpected(found.error());
    for (const auto& path : *found) {
      auto spec = load_stack(path, apps, apps[i]);
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
