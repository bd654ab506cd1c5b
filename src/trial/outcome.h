/// \file
/// What the load generator counted, as figures, signals and events of a trial. Knows no stack.
#pragma once

#include "base/clock.h"
#include "load/load.h"
#include "plan/bench.h"
#include "record/record.h"

namespace unrig::trial {

/// The record of a trial that begins now, still without figures.
[[nodiscard]] record::Trial new_trial(const record::Cell& cell, const plan::Place& place,
                                      const Clock& clock);

/// Counts, times and throughput of `outcome`, which came of `plan`.
void fill(record::Trial& trial, const load::Outcome& outcome, const load::Plan& plan);

/// What the load generator says of itself, and its part in the figures; without its memory and its
/// quota.
void write(record::Signals& signals, const load::Outcome& outcome);

/// What its verdict needs to know of the load beyond the figures.
void fill_events(record::Events& events, const load::Outcome& outcome, const load::Plan& plan);

}  // namespace unrig::trial
