#include "audit/natives.h"

#include <algorithm>
#include <array>
#include <utility>

namespace unrig::audit {
namespace {

constexpr std::string_view library = ".so";

bool lies_below(std::string_view file, std::string_view folder) {
  return folder.empty() ||
         (file.starts_with(folder) && file.substr(folder.size()).starts_with('/'));
}

struct Driver {
  std::string_view name, module;
};
// aiopg is Python around psycopg2; psycopg 3 comes with one of two compiled parts.
constexpr auto drivers = std::to_array<Driver>({
    {"aiopg", "psycopg2._psycopg"},
    {"asyncpg", "asyncpg.protocol.protocol"},
    {"psycopg2", "psycopg2._psycopg"},
    {"psycopg3", "psycopg_binary._psycopg"},
    {"psycopg3", "psycopg_c._psycopg"},
});

}  // namespace

bool is_module(std::string_view file, std::string_view module, std::string_view folder) {
  if (!lies_below(file, folder) || !file.ends_with(library)) return false;
  std::string path = "/" + std::string(module);
  std::ranges::replace(path, '.', '/');
  const auto at = file.rfind(path);
  if (at == std::string_view::npos) return false;
  const auto rest = file.substr(at + path.size());
  return rest.starts_with('.') && !rest.contains('/');
}

std::string file_of(std::span<const std::string> files, std::string_view module,
                    std::string_view folder) {
  const auto found = std::ranges::find_if(
      files, [&](const std::string& file) { return is_module(file, module, folder); });
  return found == files.end() ? "" : *found;
}

std::string file_of_package(std::span<const std::string> files, std::string_view name,
                            std::string_view folder) {
  const std::string inside = "/" + std::string(package_of(name)) + "/";
  const auto found = std::ranges::find_if(files, [&](const std::string& file) {
    return lies_below(file, folder) && file.contains(inside) && file.ends_with(library);
  });
  return found == files.end() ? "" : *found;
}

std::string_view package_of(std::string_view name) {
  return name.substr(0, name.find('.'));
}

std::vector<std::string> modules_of_driver(std::string_view driver) {
  std::vector<std::string> found;
  for (const Driver& each : drivers) {
    if (each.name == driver) found.emplace_back(each.module);
  }
  return found;
}

std::vector<std::string> other_drivers(std::span<const std::string> files,
                                       std::string_view driver) {
  const auto own = modules_of_driver(driver);
  std::vector<std::string> found;
  for (const Driver& each : drivers) {
    const bool is_own = std::ranges::find(own, each.module) != own.end();
    // What two of them share names the plain one.
    if (is_own || each.name == "aiopg" || file_of(files, each.module, "").empty()) continue;
    if (std::ranges::find(found, each.name) == found.end()) found.emplace_back(each.name);
  }
  return found;
}

std::string_view short_name(std::string_view file) {
  return file.substr(file.rfind('/') + 1);
}

bool is_of_another_environment(std::string_view file, std::string_view folder) {
  const bool is_package = file.contains("/site-packages/") || file.contains("/dist-packages/");
  return is_package && !lies_below(file, folder);
}

}  // namespace unrig::audit
