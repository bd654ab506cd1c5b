/// \file
/// What the kernel, or a filter before it (seccomp), gives this process. Linux.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace unrig {

/// Whether epoll_pwait2 can be called: it came with Linux 5.11, and older filters forbid it.
[[nodiscard]] bool has_epoll_pwait2();
/// Whether close_range can be called: Linux 5.9, and older filters forbid it.
[[nodiscard]] bool has_close_range();

/// What to tell people where a call is missing for which unrig has a slower way; empty where all
/// are there.
[[nodiscard]] std::string missing_calls_note();

/// Calls `what` with each open descriptor of this process from `first` on, in ascending order;
/// `what` may close it. For a process with one thread.
void for_each_descriptor(int first, const std::function<void(int)>& what);

/// Closes every descriptor from `first` on, with or without close_range.
void close_descriptors_from(int first);
/// Marks them to be closed on exec instead. True, or false with errno set.
[[nodiscard]] bool close_on_exec_from(int first);

}  // namespace unrig
