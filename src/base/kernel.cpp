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

}  // namespace unrig
