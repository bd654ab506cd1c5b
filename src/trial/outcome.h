/// \file
/// What the load generator and the machine counted, as figures of a trial. Knows no stack.
#pragma once

#include <optional>

#include "base/clock.h"
#include "host/host.h"
#include "load/load.h"
#include "plan/bench.h"
#include "record/record.h"

namespace unrig::trial {

/// The record of a trial that begins now, still without figures.
[[nodiscard]] record::Trial new_trial(const record::Cell& cell, const plan::Place& place,
                                      const Clock& clock);

/// Counts, times and throughput of `outcome`, which came of `plan`.
void fill(record::Trial& trial, const load::Outcome& outcome, const load::Plan& plan);

/// The machine's use and steal time between two readings.
void fill_machine_use(record::Trial& trial, const std::optional<host::MachineCpu>& first,
                      const std::optional<host::MachineCpu>& last);

/// How long the machine slept under the load; empty where the kernel does not tell.
void fill_suspended(record::Trial& trial, const std::optional<Duration>& slept);

}  // namespace unrig::trial
