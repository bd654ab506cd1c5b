/// \file
/// What became of the gates that one load was asked to keep. Pure.
#pragma once

#include <span>
#include <vector>

#include "analysis/gate.h"
#include "base/result.h"
#include "record/gate.h"
#include "record/load_run.h"

namespace unrig::analysis {

/// Error: usage: a load has one address, without a name, and nothing that a ratio could be to.
[[nodiscard]] Result<> check_gates_of_load(std::span<const Gate> gates);

/// Intervals of one load are over the stretches that its window is cut into, of a second each or
/// as many as the quantile takes: how even this load was, and nothing of what another one would
/// have found (docs/ci.md). Failed requests are counted over the whole load.
[[nodiscard]] std::vector<record::JudgedGate> judged_gates(std::span<const Gate> gates,
                                                           const record::LoadRun& run);

/// Fewer stretches say too little of how even a load was.
inline constexpr std::size_t stretches_min = 5;

}  // namespace unrig::analysis
