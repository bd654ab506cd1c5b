/// \file
/// The figures of a trial that come of its signals. Pure.
#pragma once

#include <cstdint>

#include "record/record.h"

namespace unrig::trial {

/// What others did, as far as it was seen.
[[nodiscard]] record::Disturbance disturbance_of(const record::MachineSignals& machine);

/// Disturbance, CPU time per request and sessions, from the trial's
/// signals and conditions; what could not be read goes into its list. `completed`: requests within
/// the window. throttled_seconds is left out: see fill_throttled().
void fill_figures(record::Trial& trial, std::uint64_t completed);

}  // namespace unrig::trial
