#include "host/memory.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"

namespace unrig::host {
namespace {

std::optional<std::int64_t> first_number(std::string_view text) {
  return leading_number<std::int64_t>(trim(text));
}

/// memory.max and memory.current of the own cgroup, of both versions.
std::pair<std::string, std::string> own_cgroup() {
  const auto text = read_file("/proc/self/cgroup");
  for (const auto& line : split(text ? *text : "", '\n')) {
    const auto parts = split(line, ':');
    if (parts.size() < 3) continue;
    const std::string path = line.substr(parts[0].size() + parts[1].size() + 2);
    const bool second = parts[0] == "0" && parts[1].empty();
    if (!second && parts[1] != "memory") continue;
    const std::string root = second ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    const char* limit = second ? "/memory.max" : "/memory.limit_in_bytes";
    const char* used = second ? "/memory.current" : "/memory.usage_in_bytes";
    // In a container the own cgroup often is the root of what can be seen.
    for (const std::string& folder : {root + path, root}) {
      const auto most = read_file(folder + limit);
      const auto now = read_file(folder + used);
      if (most && now) return {*most, *now};
    }
  }
  return {};
}

}  // namespace

std::optional<std::int64_t> available_memory(const std::string& meminfo, const std::string& limit,
                                             const std::string& used) {
  std::optional<std::int64_t> available;
  for (const auto& line : split(meminfo, '\n')) {
    constexpr std::string_view name = "MemAvailable:";
    if (!line.starts_with(name)) continue;
    if (const auto kib = first_number(line.substr(name.size()))) available = *kib * 1024;
  }
  const auto most = first_number(limit);  // "max" is no number: no limit
  const auto now = first_number(used);
  if (most && now) available = std::min(available.value_or(INT64_MAX), *most - *now);
  return available;
}

std::optional<std::int64_t> available_memory() {
  const auto meminfo = read_file("/proc/meminfo");
  const auto [limit, used] = own_cgroup();
  return available_memory(meminfo ? *meminfo : "", limit, used);
}

}  // namespace unrig::host
