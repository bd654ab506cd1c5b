/// \file
/// Whether a trial counts. Pure: a record in, its verdict out.
#pragma once

#include <string_view>

#include "load/limits.h"
#include "record/disturbance.h"
#include "record/record.h"

namespace unrig::trial {

/// Of one core, per thread, closed loop.
inline constexpr double generator_cpu_limit = load::own_limit;
// Limits of the verdict. docs/verdicts.md explains each.
inline constexpr double failed_limit = 0.005;  ///< of the issued requests
inline constexpr double offered_limit = 0.98;  ///< achieved over offered rate, open loop
inline constexpr double shift_limit = 0.10;    ///< of the window

/// What NotChecked calls the database's own counts, without which a trial does not count.
inline constexpr std::string_view counters_figure = "rows, transactions and queries";

/// The share of its cores that the load generator used within the window. 0 where nobody looked.
[[nodiscard]] double generator_use(const record::Trial& trial);

/// Adds every reason for which the trial does not count, by its figures, signals, conditions (which
/// must be set) and events.
void judge(record::Trial& trial);

}  // namespace unrig::trial
