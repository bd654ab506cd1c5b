/// \file
/// Whether a trial did the work that it was to do: the query once for each answer, with all of its
/// sleep, and everything in the way in which the stack worked when it was looked at. By counters
/// that are not the application's own. Pure: a record in, reasons out.
#pragma once

#include <optional>

#include "record/record.h"

namespace unrig::trial {

// Limits of the verdict. docs/verdicts.md explains each. What takes longer than it should may be
// the machine's doing, and is never a reason; what takes less time, or happens less often, cannot
// be.
inline constexpr double clock_grain_us = 5;      ///< what rounding may take from a time
inline constexpr double count_tolerance = 0.01;  ///< of a number of requests
inline constexpr double count_grain = 5;         ///< of anything that is counted

/// What the look at the cell saw, as far as a trial is held against it. Empty: nobody looked, or
/// the look counted nothing.
[[nodiscard]] std::optional<record::Inspected> inspected_of(const record::Cell& cell);

/// Adds every reason for which the trial did other work than it was to do. Its conditions must be
/// set, and all figures and signals.
void judge_work(record::Trial& trial);

}  // namespace unrig::trial
