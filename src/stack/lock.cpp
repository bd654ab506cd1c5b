#include "stack/lock.h"

#include "base/text.h"

namespace unrig::stack {

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

std::string locked_version(const std::map<std::string, LockedPackage>& lock,
                           std::string_view name) {
  const auto package = package_name(trim(name.substr(0, name.find('('))));
  for (const auto& spelling : {package == "psycopg3" ? "psycopg" : package, package + "-binary"}) {
    if (const auto found = lock.find(spelling); found != lock.end()) return found->second.version;
  }
  return {};
}

}  // namespace unrig::stack
