/// \file
/// Whether a stack serves as many requests later: one block of a run measures every cell two
/// windows later than the others do. Pure.
#pragma once

#include <optional>
#include <string>

#include "record/record.h"

namespace unrig::analysis {

/// That much more or less is no steady state: several times what trials of one cell usually differ
/// by on a busy machine.
inline constexpr double later_limit = 0.1;

/// What the later trials of a cell say beside the usual ones.
struct Later {
  double usual_seconds = 0;  ///< of load before the usual windows
  double later_seconds = 0;  ///< before the later one
  double ratio = 1;          ///< throughput of the later one, over the mean of the usual ones
  /// It is not: the later one lies beyond each of the usual ones by later_limit.
  bool steady = true;
};

/// Not set: no later trial counts, or no usual one.
[[nodiscard]] std::optional<Later> later_of(const record::Run& run, const std::string& label);

}  // namespace unrig::analysis
