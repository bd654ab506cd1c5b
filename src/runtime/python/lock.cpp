#include "runtime/python/lock.h"

#include <algorithm>

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

LockedPackages parse_lock(std::string_view text) {
  LockedPackages locked;
  for (const auto& line : split(text, '\n')) {
    const auto equals = line.find("==");
    if (equals == std::string::npos || line.starts_with('#') || line.starts_with(' ')) continue;
    const auto end = line.find_first_of(" ;\\", equals);
    const auto name = trim(std::string_view(line).substr(0, equals));
    locked[package_name(name)] = {.version = line.substr(equals + 2, end - equals - 2),
                                  .everywhere = line.find(';', equals) == std::string::npos};
  }
  return locked;
}

std::vector<std::string> differences(const LockedPackages& lock,
                                     const std::map<std::string, std::string>& installed) {
  return runtime::differences(lock, installed, package_name);
}

std::string locked_version(const LockedPackages& lock, std::string_view name) {
  std::string words(trim(name.substr(0, name.find('('))));
  std::ranges::replace(words, ' ', '-');
  const auto package = package_name(words);
  for (const auto& spelling : {package == "psycopg3" ? "psycopg" : package, package + "-binary"}) {
    if (const auto found = lock.find(spelling); found != lock.end()) return found->second.version;
  }
  return {};
}

}  // namespace unrig::runtime::python
