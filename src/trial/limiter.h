/// \file
/// What bounded a trial. Pure: a record in, a finding out.
#pragma once

#include "record/record.h"

namespace unrig::trial {

inline constexpr double cpu_busy_limit = 0.92;  ///< of all cores: limited by CPU
/// Of the periods of a quota: where it is used up in half of them, it is what bounds.
inline constexpr double quota_used_limit = 0.5;

/// The first rule that fits names the limiter (Gregg's USE method in the order of docs/verdicts.md:
/// errors, load generator, CPU quota, CPU, sessions, workers, latency, clients). Where the server
/// is not seen only the first two can be told. Never `confirmed`: only a perturbation can do that.
/// The trial's conditions must be set.
[[nodiscard]] record::Limiter find_limiter(const record::Trial& trial);

}  // namespace unrig::trial
