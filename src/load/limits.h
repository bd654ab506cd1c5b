/// \file
/// From when on a load generator measures itself: one set of limits for the engine, for the verdict
/// of a load and for that of a trial.
#pragma once

#include "base/units.h"

namespace unrig::load {

/// Of what its threads could get of their cores. A generator that uses more is the limit of a
/// closed loop, and one that would use more, did it not wait for a core that others use, too.
inline constexpr double own_limit = 0.90;
/// What the generator delays may be this share of the response time at P99, or this long.
inline constexpr double late_share = 0.1;
inline constexpr Duration late_always_allowed = std::chrono::milliseconds(1);
/// Of all requests: how many it may delay by more than that.
inline constexpr double most_late = 0.01;
/// Fewer late ones than this say nothing: one or two happen to every machine.
inline constexpr int least_late = 5;
/// Of the window: for how long it may look away from its sockets in one piece.
inline constexpr double most_stalled = 0.01;
/// Of the window's schedule: how many requests may never be sent.
inline constexpr double most_dropped = 0.01;
/// Of the machine's CPU time: from here on the hypervisor is named as who has the core.
inline constexpr double notable_steal = 0.01;
/// Of the window: for how long a CPU quota may hold it back.
inline constexpr double most_held = 0.01;

}  // namespace unrig::load
