#include "runtime/lock.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace unrig::runtime {

std::vector<std::string> differences(
    const LockedPackages& lock, const std::map<std::string, std::string>& installed,
    const std::function<std::string(std::string_view)>& name_in_lock) {
  std::vector<std::string> found;
  std::set<std::string> names;
  for (const auto& [name, version] : installed) {
    const auto plain = name_in_lock(name);
    names.insert(plain);
    const auto entry = lock.find(plain);
    if (entry == lock.end()) {
      found.push_back(fmt::format("{} {} is not in the lock", name, version));
    } else if (entry->second.version != version &&
               std::ranges::find(entry->second.others, version) == entry->second.others.end()) {
      found.push_back(fmt::format("{} {} instead of {}", name, version, entry->second.version));
    }
  }
  for (const auto& [name, entry] : lock) {
    if (entry.everywhere && !names.contains(name))
      found.push_back(fmt::format("{} {} is missing", name, entry.version));
  }
  return found;
}

}  // namespace unrig::runtime
