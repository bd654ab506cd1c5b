/// \file
/// What single threads do at one moment, by the system call that they are in: whether they work,
/// and for whom they wait.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace unrig::host {

enum class Doing {
  running,    ///< on a core, or ready for one
  accepting,  ///< accept(2)
  selecting,  ///< select(2), pselect(2)
  polling,    ///< poll(2), ppoll(2)
  epolling,   ///< epoll_wait(2) and its kin
  receiving,  ///< read(2), recv(2) and their kin
  locked,     ///< futex(2)
  other,
};
inline constexpr std::size_t doing_count = 8;

/// /proc/PID/task/TID/syscall; proc_pid_syscall(5). Empty for another text.
[[nodiscard]] std::optional<Doing> parse_doing(std::string_view text);

/// The threads of some processes, to be looked at many times: their files stay open, so that a look
/// takes a few microseconds each. May be moved; from one thread at a time.
class ThreadFiles {
 public:
  ThreadFiles() = default;
  /// Those that there are now. `proc` is for tests.
  explicit ThreadFiles(std::span<const pid_t> processes,
                       const std::filesystem::path& proc = "/proc");

  [[nodiscard]] std::size_t count() const { return files_.size(); }
  /// Of the thread at that place. Empty: it has ended, or the kernel does not tell unrig.
  [[nodiscard]] std::optional<Doing> doing(std::size_t place) const;

 private:
  std::vector<UniqueFd> files_;
};

}  // namespace unrig::host
