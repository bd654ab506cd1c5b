/// \file
/// What this machine is like at this moment, measured: how late its timers are, and what small
/// packets wait for.
#pragma once

#include "base/clock.h"
#include "base/result.h"

namespace unrig::host {

/// How much later than asked a thread woke that slept.
struct TimerLateness {
  Duration p50{0}, p99{0}, most{0};
};
/// Of so many sleeps of 1 ms in the calling thread, which wakes as exactly as the kernel can, as
/// the threads of the load generator do. `sleeps` >= 1.
[[nodiscard]] TimerLateness timer_lateness(const Clock& clock, int sleeps);

/// How long an answer takes that the server writes in two pieces on a kept connection of the
/// loopback interface: the middle one of several, without any work done for it.
struct SplitAnswers {
  Duration with_nagle{0};  ///< the kernel holds the second piece back till the first is confirmed
  Duration without_nagle{0};  ///< the server has set TCP_NODELAY
};
/// Takes up to two seconds. Error: environment: no connection can be made, or it breaks.
[[nodiscard]] Result<SplitAnswers> split_answers(const Clock& clock);

}  // namespace unrig::host
