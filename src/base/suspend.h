/// \file
/// How long the machine has slept.
#pragma once

#include <optional>

#include "base/units.h"

namespace unrig {

/// Time since boot in which the machine was suspended: the monotonic clock stood still then
/// (CLOCK_BOOTTIME less CLOCK_MONOTONIC; clock_gettime(2)). Take differences; to some microseconds.
/// Empty where the kernel does not tell.
[[nodiscard]] std::optional<Duration> time_suspended();

}  // namespace unrig
