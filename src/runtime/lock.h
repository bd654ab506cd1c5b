/// \file
/// What a lock says: which packages there are, in which versions. Pure.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace unrig::runtime {

struct LockedPackage {
  std::string version;
  /// It is there on every machine and for every build: it has no condition, such as a version of
  /// Python, another system, or that somebody asks for it.
  bool everywhere = true;
  std::vector<std::string> others = {};  ///< versions that it allows as well
  bool operator==(const LockedPackage&) const = default;
};
using LockedPackages = std::map<std::string, LockedPackage>;

/// Every installed package stands in the lock with its version, and every one of the lock that is
/// there everywhere is installed: what is otherwise, in words. `installed`: name, as its package
/// has it, and version. `name_in_lock`: the name by which the lock has it.
[[nodiscard]] std::vector<std::string> differences(
    const LockedPackages& lock, const std::map<std::string, std::string>& installed,
    const std::function<std::string(std::string_view name)>& name_in_lock);

}  // namespace unrig::runtime
