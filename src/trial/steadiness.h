/// \file
/// Whether a trial was measured in a steady state. Pure.
#pragma once

#include <string>

#include "record/record.h"

namespace unrig::trial {

/// Looks at the steps of the trial's window: at throughput in a closed loop; in an open one, whose
/// throughput is given, at the response time. Not checked below 40 steps.
[[nodiscard]] record::SteadyState steady_state(const record::Trial& trial, bool open_loop);

/// "throughput fell by 14 % at second 3.1: no steady state", for a state that is not steady.
[[nodiscard]] std::string reason_of(const record::SteadyState& state, bool open_loop);

}  // namespace unrig::trial
