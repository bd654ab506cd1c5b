/// \file
/// How long the machine has slept, and whether this program was stopped.
#pragma once

#include <cstdint>
#include <optional>

#include "base/units.h"

namespace unrig {

/// Time since boot in which the machine was suspended: the monotonic clock stood still then
/// (CLOCK_BOOTTIME less CLOCK_MONOTONIC; clock_gettime(2)). Take differences; to some microseconds.
/// Empty where the kernel does not tell.
[[nodiscard]] std::optional<Duration> time_suspended();

/// How often this program has gone on after SIGSTOP or Ctrl-Z: as often as whoever takes its
/// signals has seen SIGCONT and said so. Take differences. From any thread.
[[nodiscard]] std::uint64_t times_resumed();
void note_resumed();

}  // namespace unrig
