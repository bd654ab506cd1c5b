/// \file
/// In whose code a process waits for its sockets: which event loop is at work, whatever that calls
/// itself. Linux: the system call that a thread is in, the stack below it, and what its epoll
/// watches, from /proc.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/code.h"
#include "host/connections.h"

namespace unrig::host {

/// A thread in epoll_wait(2) or one of its kin.
struct EpollCall {
  int descriptor = -1;      ///< of the epoll
  std::uint64_t stack = 0;  ///< the stack pointer
};
/// /proc/PID/task/TID/syscall; proc_pid_syscall(5). Empty for another call, or another text.
[[nodiscard]] std::optional<EpollCall> parse_epoll_call(std::string_view text);

/// The descriptors that an epoll watches: /proc/PID/fdinfo/FD.
[[nodiscard]] std::set<int> parse_watched(std::string_view fdinfo);

/// So much of a stack is looked at. The caller of the C library's function stands within a few
/// words of the stack pointer; further up lie its own frames, and what earlier calls have left
/// there.
inline constexpr std::size_t stack_words = 32;

/// The files whose code the words point into, the nearest first, each once. Those of the C library
/// are left out: it calls nobody.
[[nodiscard]] std::vector<std::string> code_on_stack(std::span<const std::uint64_t> words,
                                                     std::span<const Code> code);

/// One thread that waits for sockets.
struct Wait {
  std::vector<std::string> code;  ///< as code_on_stack() has it
  std::set<Inode> sockets;        ///< that it is woken up for
};
/// The threads of the process that wait in an epoll now; others may do so a moment later. `sockets`
/// and `code`: its own. Error: environment: the kernel does not show unrig what it does, or it has
/// ended.
[[nodiscard]] Result<std::vector<Wait>> waits_of(pid_t process, const Sockets& sockets,
                                                 std::span<const Code> code);

}  // namespace unrig::host
