#include "runtime/python/lock.h"

#include <fmt/format.h>

#include <set>

#include "base/text.h"

namespace unrig::runtime::python {

std::string package_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    const bool mark = c == '-' || c == '_' || c == '.';
    if (mark && !plain.empty() && plain.back() == '-') continue;
    plain += mark ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  return plain;
}

std::map<std::string, LockedPackage> parse_lock(std::string_view text) {
  std::map<std::string, LockedPackage> locked;
  for (const auto& line : split(text, '\n')) {
    const auto equals = line.find("==");
    if (equals == std::string::npos || line.starts_with('#') || line.starts_with(' ')) continue;
    const auto end = line.find_first_of(" ;\\", equals);
    const auto name = trim(std::string_view(line).substr(0, equals));
    locked[package_name(name)] = {line.substr(equals + 2, end - equals - 2),
                                  line.find(';', equals) == std::string::npos};
  }
  return locked;
}

std::vector<std::string> differences(const std::map<std::string, LockedPackage>& lock,
                                     const std::map<std::string, std::string>& installed) {
  std::vector<std::string> found;
  std::set<std::string> names;
  for (const auto& [name, version] : installed) {
    const auto plain = package_name(name);
    names.insert(plain);
    const auto entry = lock.find(plain);
    if (entry == lock.end()) {
      found.push_back(fmt::format("{} {} is not in the lock", name, version));
    } else if (entry->second.version != version) {
      found.push_back(fmt::format("{} {} instead of {}", name, version, entry->second.version));
    }
  }
  for (const auto& [name, entry] : lock) {
    if (entry.everywhere && !names.contains(name))
      found.push_back(fmt::format("{} {} is missing", name, entry.version));
  }
  return found;
}

std::string locked_version(const std::map<std::string, LockedPackage>& lock,
                           std::string_view name) {
  const auto package = package_name(trim(name.substr(0, name.find('('))));
  for (const auto& spelling : {package == "psycopg3" ? "psycopg" : package, package + "-binary"}) {
    if (const auto found = lock.find(spelling); found != lock.end()) return found->second.version;
  }
  return {};
}

}  // namespace unrig::runtime::python
