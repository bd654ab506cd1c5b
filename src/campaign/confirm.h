/// \file
/// Which settings a run changes at its end, to see whether what seems to limit its cells does.
/// Pure.
#pragma once

#include <vector>

#include "record/record.h"

namespace unrig::campaign {

/// A suspect and so many rivals of each cell.
inline constexpr int most_rivals = 2;

/// For each cell to be confirmed (plan/perturbation.h) of which trials count: its limiter by the
/// rules and, as far as they can be changed, the likeliest rival and a second one that is near its
/// limit, too. Of two cells what limits the other one comes before other rivals, because a setting
/// of both then tells how far they would move apart. None where an open loop was served.
[[nodiscard]] std::vector<record::Perturbation> perturbations_of(const record::Run& run);

}  // namespace unrig::campaign
