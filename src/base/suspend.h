/// \file
/// How long the machine has slept, and whether its clock of the day was set.
#pragma once

#include <optional>

#include "base/units.h"

namespace unrig {

/// Time since boot in which the machine was suspended: the monotonic clock stood still then
/// (CLOCK_BOOTTIME less CLOCK_MONOTONIC; clock_gettime(2)). Take differences; to some microseconds.
/// Empty where the kernel does not tell.
[[nodiscard]] std::optional<Duration> time_suspended();

/// How far the clock of the day is ahead of the time since boot (CLOCK_REALTIME less
/// CLOCK_BOOTTIME). It changes by what somebody sets that clock, by hand or by a step of NTP; where
/// NTP makes one faster, it makes both. Take differences; to some microseconds. Empty where the
/// kernel does not tell.
[[nodiscard]] std::optional<Duration> day_ahead_of_boot();

}  // namespace unrig
