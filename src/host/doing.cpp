#include "host/doing.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <system_error>
#include <utility>

#include "base/number.h"
#include "base/text.h"

namespace unrig::host {
namespace {

/// Some architectures have only the newer one of two calls.
constexpr auto calls = std::to_array<std::pair<long, Doing>>({
#ifdef SYS_accept
    {SYS_accept, Doing::accepting},
#endif
    {SYS_accept4, Doing::accepting},
#ifdef SYS_select
    {SYS_select, Doing::selecting},
#endif
    {SYS_pselect6, Doing::selecting},
#ifdef SYS_poll
    {SYS_poll, Doing::polling},
#endif
    {SYS_ppoll, Doing::polling},
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, Doing::epolling},
#endif
    {SYS_epoll_pwait, Doing::epolling},
#ifdef SYS_epoll_pwait2
    {SYS_epoll_pwait2, Doing::epolling},
#endif
    {SYS_read, Doing::receiving},
    {SYS_readv, Doing::receiving},
    {SYS_recvfrom, Doing::receiving},
    {SYS_recvmsg, Doing::receiving},
    {SYS_futex, Doing::locked},
});

}  // namespace

std::optional<Doing> parse_doing(std::string_view text) {
  text = trim(text);
  if (text == "running") return Doing::running;
  const auto call = to_number<long>(text.substr(0, text.find(' ')));
  if (!call) return std::nullopt;
  const auto found = std::ranges::find(calls, *call, &std::pair<long, Doing>::first);
  return found == calls.end() ? Doing::other : found->second;
}

ThreadFiles::ThreadFiles(std::span<const pid_t> processes, const std::filesystem::path& proc) {
  for (const pid_t process : processes) {
    std::error_code error;
    const auto tasks = proc / std::to_string(process) / "task";
    for (std::filesystem::directory_iterator it(tasks, error), end; !error && it != end;
         it.increment(error)) {
      UniqueFd file(::open((it->path() / "syscall").c_str(), O_RDONLY | O_CLOEXEC));
      if (file) files_.push_back(std::move(file));
    }
  }
}

std::optional<Doing> ThreadFiles::doing(std::size_t place) const {
  std::array<char, 256> text{};
  // From the beginning each time: the kernel writes the file anew.
  const ssize_t length = ::pread(files_.at(place).get(), text.data(), text.size(), 0);
  if (length <= 0) return std::nullopt;
  return parse_doing({text.data(), static_cast<std::size_t>(length)});
}

}  // namespace unrig::host
