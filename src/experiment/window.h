/// \file
/// How long a cell has to be measured for its requests to be enough. Pure.
#pragma once

#include "base/units.h"
#include "record/record.h"

namespace unrig::experiment {

/// Requests in a window below which counting them dominates: one at each end of it may be by
/// chance, of 200 that is 1 %, half of the usual margin.
inline constexpr double window_requests_min = 200;

/// The window of the cell's next trial: `usual`, or whole seconds more where its slowest trial so
/// far had fewer requests than that in it; at most six times as much.
[[nodiscard]] Duration window_of(const record::Run& run, const record::Cell& cell, Duration usual);

}  // namespace unrig::experiment
