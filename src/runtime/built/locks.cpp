#include "runtime/built/locks.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/text.h"

namespace unrig::runtime::built {
namespace {

using Json = nlohmann::json;

constexpr std::string_view modules_folder = "node_modules/";

/// Notes one more version of a package.
void add(LockedPackages& lock, const std::string& name, std::string version, bool everywhere) {
  const auto [entry, is_new] = lock.try_emplace(name);
  if (is_new) {
    entry->second = {.version = std::move(version), .everywhere = everywhere};
  } else if (entry->second.version != version) {
    entry->second.others.push_back(std::move(version));
  }
}

/// Null for what is no JSON object, or nests deeper than a lock does.
Json parse_object(std::string_view text) {
  constexpr int deepest = 64;
  bool too_deep = false;
  const auto shallow = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > deepest;
    return !too_deep;
  };
  auto json = Json::parse(text, shallow, false);
  return too_deep || !json.is_object() ? Json() : json;
}

std::string text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_true(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

/// The text of a line such as `name = "tokio"`; empty for another line.
std::string_view value_in(std::string_view line, std::string_view key) {
  if (!line.starts_with(key)) return {};
  auto rest = trim(line.substr(key.size()));
  if (!rest.starts_with('=')) return {};
  rest = trim(rest.substr(1));
  if (rest.size() < 2 || !rest.starts_with('"') || !rest.ends_with('"')) return {};
  return rest.substr(1, rest.size() - 2);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return result;
}

/// "pgx" of "github.com/jackc/pgx/v5", "vertx-core" of "io.vertx:vertx-core".
std::string_view short_name_of(std::string_view path) {
  auto last = path.substr(path.find_last_of("/:") + 1);
  const bool is_major = last.size() > 1 && last.starts_with('v') &&
                        last.find_first_not_of("0123456789", 1) == std::string_view::npos;
  if (is_major && last.size() < path.size()) {
    const auto before = path.substr(0, path.size() - last.size() - 1);
    last = before.substr(before.rfind('/') + 1);
  }
  return last;
}

}  // namespace

std::optional<LockedPackages> parse_go_sum(std::string_view text) {
  constexpr std::string_view only_manifest = "/go.mod";
  LockedPackages lock;
  for (const auto& line : split(text, '\n')) {
    const auto words = split(trim(line), ' ');
    if (words.size() != 3 || words[1].ends_with(only_manifest)) continue;
    add(lock, words[0], words[1], false);
  }
  return lock;
}

std::map<std::string, std::string> parse_go_program(std::string_view text) {
  std::map<std::string, std::string> modules;
  std::string last;
  for (const auto& line : split(text, '\n')) {
    const auto words = split(trim(line), '\t');
    if (words.size() < 3) continue;
    if (words[0] == "dep") {
      modules.insert_or_assign(words[1], words[2]);
      last = words[1];
    } else if (words[0] == "=>" && !last.empty()) {
      modules.erase(last);
      modules.insert_or_assign(words[1], words[2]);
    }
  }
  return modules;
}

std::optional<LockedPackages> parse_npm_lock(std::string_view text) {
  const auto json = parse_object(text);
  if (json.is_null()) return std::nullopt;
  const auto packages = json.find("packages");
  if (packages == json.end() || !packages->is_object()) return std::nullopt;
  LockedPackages lock;
  for (const auto& [path, package] : packages->items()) {
    if (!path.starts_with(modules_folder) || !package.is_object() || is_true(package, "link"))
      continue;
    const bool conditional = is_true(package, "dev") || is_true(package, "optional") ||
                             is_true(package, "devOptional") || is_true(package, "peer");
    add(lock, path.substr(modules_folder.size()), text_in(package, "version"), !conditional);
  }
  return lock;
}

std::string version_of_npm_package(std::string_view text) {
  const auto json = parse_object(text);
  return json.is_null() ? std::string() : text_in(json, "version");
}

std::optional<LockedPackages> parse_cargo_lock(std::string_view text) {
  struct Package {
    std::string name, version;
    bool from_elsewhere = false;
  };
  LockedPackages lock;
  Package package;
  const auto end_of_package = [&] {
    if (!package.name.empty() && package.from_elsewhere)
      add(lock, package.name, package.version, false);
    package = {};
  };
  for (const auto& line : split(text, '\n')) {
    const auto words = trim(line);
    if (words.starts_with('[')) end_of_package();
    if (const auto value = value_in(words, "name"); !value.empty()) package.name = value;
    if (const auto value = value_in(words, "version"); !value.empty()) package.version = value;
    if (!value_in(words, "source").empty()) package.from_elsewhere = true;
  }
  end_of_package();
  return lock;
}

std::optional<std::pair<std::string, std::string>> package_of_jar(std::string_view path) {
  constexpr std::string_view suffix = ".jar";
  constexpr std::size_t least_folders = 3;  // group, artifact, version
  auto folders = split(path, '/');
  auto rest = std::move(folders.back());
  folders.pop_back();
  if (folders.size() < least_folders || std::ranges::find(folders, "") != folders.end())
    return std::nullopt;
  const auto version = std::move(folders.back());
  folders.pop_back();
  const auto artifact = std::move(folders.back());
  folders.pop_back();
  const auto beginning = artifact + '-' + version;
  if (!rest.starts_with(beginning) || !rest.ends_with(suffix)) return std::nullopt;
  rest = rest.substr(beginning.size(), rest.size() - beginning.size() - suffix.size());
  if (!rest.empty() && !rest.starts_with('-')) return std::nullopt;
  auto name = join(folders, ".") + ':' + artifact;
  if (!rest.empty()) name += ':' + rest.substr(1);
  return std::pair(std::move(name), version);
}

std::optional<LockedPackages> parse_jar_lock(std::string_view text) {
  constexpr std::size_t hash_length = 64;
  LockedPackages lock;
  for (const auto& line : split(text, '\n')) {
    const auto words = trim(line);
    if (words.empty()) continue;
    const auto hash = words.substr(0, hash_length);
    const bool is_hash = hash.size() == hash_length &&
                         hash.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    const auto package = package_of_jar(trim(words.substr(hash.size())));
    if (!is_hash || !package) return std::nullopt;
    add(lock, package->first, package->second, true);
  }
  return lock;
}

std::string locked_version(const LockedPackages& lock, std::string_view name) {
  const auto wanted = lower(trim(name.substr(0, name.find('('))));
  if (wanted.empty()) return {};
  if (const auto found = lock.find(wanted); found != lock.end()) return found->second.version;
  const auto near = std::ranges::find_if(lock, [&](const auto& entry) {
    return lower(entry.first) == wanted || lower(short_name_of(entry.first)) == wanted;
  });
  return near == lock.end() ? std::string() : near->second.version;
}

}  // namespace unrig::runtime::built
