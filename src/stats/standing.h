/// \file
/// What an interval on a ratio allows one to say. Pure.
#pragma once

#include <string_view>

#include "stats/interval.h"

namespace unrig::stats {

enum class Standing {
  faster,      ///< the whole interval lies above the margin
  slower,      ///< the whole interval lies below the margin
  equivalent,  ///< the whole interval lies within the margin: any difference is too small to matter
  undecided,   ///< anything else, also no interval at all
};
[[nodiscard]] std::string_view to_text(Standing standing);  ///< its name above

/// `ratio` is of a rate (throughput), A over B; `margin` is the smallest relative difference that
/// matters, >= 0: 0.02 makes 1/1.02 … 1.02 equivalent, the same from either side.
[[nodiscard]] Standing standing(const Estimate& ratio, double margin);

}  // namespace unrig::stats
