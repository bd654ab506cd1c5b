/// \file
/// What the kernel's scheduler counts for single threads: whether one alone is at its limit, and
/// who waits for a core.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include "base/units.h"

namespace unrig::host {

/// Of one thread since it began.
struct ThreadTime {
  Duration ran{0};
  Duration waited{0};           ///< ready to run, without a core
  std::uint64_t scheduled = 0;  ///< how often it was put on a core
};
/// /proc/PID/task/TID/schedstat; proc_pid_schedstat(5). Empty for another text.
[[nodiscard]] std::optional<ThreadTime> parse_schedstat(std::string_view text);

/// By their numbers.
using Threads = std::map<pid_t, ThreadTime>;
/// All threads of these processes; some 10 us each. Those that have ended meanwhile are left out.
/// Empty where the kernel does not count. `proc` is for tests.
[[nodiscard]] std::optional<Threads> threads_of(std::span<const pid_t> processes,
                                                const std::filesystem::path& proc = "/proc");

/// What happened between two looks, of the threads that were there at the second one.
struct ThreadsUse {
  Duration waited{0};           ///< summed over them
  std::uint64_t scheduled = 0;  ///< summed over them
  Duration most{0};             ///< of the one that ran longest
  Duration most_waited{0};      ///< that this one waited
};
[[nodiscard]] ThreadsUse use_between(const Threads& first, const Threads& last);

}  // namespace unrig::host
