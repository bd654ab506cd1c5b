#include "base/kernel.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <memory>
#include <string_view>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"

namespace unrig {
namespace {

/// A filter may answer with any error; ENOSYS and EPERM are usual.
bool refused(int result) {
  return result != 0 && (errno == ENOSYS || errno == EPERM || errno == EACCES);
}

/// Open descriptors from `first` on; empty where /proc cannot be read.
std::optional<std::vector<int>> listed_descriptors(int first) {
  struct Close {
    void operator()(DIR* folder) const { ::closedir(folder); }
  };
  const std::unique_ptr<DIR, Close> folder(::opendir("/proc/self/fd"));
  if (!folder) return std::nullopt;
  const int own = ::dirfd(folder.get());
  std::vector<int> found;
  errno = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    const int number = to_number<int>(name).value_or(-1);  // "." and ".." are none
    if (number >= first && number != own) found.push_back(number);
  }
  if (errno != 0) return std::nullopt;
  std::sort(found.begin(), found.end());
  return found;
}

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

bool has_epoll_pwait2() {
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  const timespec at_once{};
  return !refused(::epoll_pwait2(epoll.get(), &event, 1, &at_once, nullptr));
}

bool has_close_range() {
  // The highest number is never open.
  return !refused(::close_range(INT_MAX, INT_MAX, 0));
}

std::string missing_calls_note() {
  std::vector<std::string> missing;
  if (!has_epoll_pwait2()) missing.emplace_back("epoll_pwait2");
  if (!has_close_range()) missing.emplace_back("close_range");
  if (missing.empty()) return {};
  return fmt::format("note: without {} (an old kernel, or a seccomp filter): slower calls stand in",
                     fmt::join(missing, " and "));
}

void for_each_descriptor(int first, const std::function<void(int)>& what) {
  auto open = listed_descriptors(first);
  if (!open) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    constexpr rlim_t most = 1 << 20;
    const int end = static_cast<int>(std::min(files.rlim_cur, most));
    open.emplace();
    for (int number = first; number < end; ++number) {
      if (::fcntl(number, F_GETFD) >= 0) open->push_back(number);
    }
  }
  for (const int number : *open) what(number);
}

void close_descriptors_from(int first) {
  if (::close_range(static_cast<unsigned>(first), ~0U, 0) == 0) return;
  for_each_descriptor(first, [](int number) { ::close(number); });
}

bool close_on_exec_from(int first) {
  if (::close_range(static_cast<unsigned>(first), ~0U, CLOSE_RANGE_CLOEXEC) == 0) return true;
  bool all = true;
  for_each_descriptor(
      first, [&all](int number) { all = ::fcntl(number, F_SETFD, FD_CLOEXEC) == 0 && all; });
  return all;
}

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

}  // namespace unrig
