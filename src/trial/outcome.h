/// \file
/// What the load generator and the machine counted, as figures of a trial. Knows no stack.
#pragma once

#include "host/host.h"
#include "load/load.h"
#include "record/record.h"

namespace unrig::trial {

/// Counts, times and throughput of `outcome`, which came of `plan`.
void fill(record::Trial& trial, const load::Outcome& outcome, const load::Plan& plan);

/// The machine's use between two readings. listen_overflows is left 0.
[[nodiscard]] record::Disturbance machine_use(const host::MachineCpu& first,
                                              const host::MachineCpu& last);

}  // namespace unrig::trial
