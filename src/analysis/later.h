/// \file
/// Whether a stack serves as many requests later: one block of a run measures every cell two
/// windows later than the others do. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "record/record.h"

namespace unrig::analysis {

/// That much more or less is no steady state: several times what trials of one cell usually differ
/// by on a busy machine.
inline constexpr double later_limit = 0.1;

/// One usual trial alone may be off by as much: nobody knows.
inline constexpr std::size_t usual_trials_min = 2;

/// What the later trials of a cell say beside the usual ones, fresh blocks among them: the more
/// there are, the better it is known by how much they differ anyway.
struct Later {
  double usual_seconds = 0;  ///< of load before the usual windows
  double later_seconds = 0;  ///< before the later one
  double ratio = 1;          ///< throughput of the later one, over the mean of the usual ones
  /// It is not: the later one lies beyond each of the usual ones by later_limit.
  bool steady = true;
};

/// Not set: no later trial counts, or too few usual ones.
[[nodiscard]] std::optional<Later> later_of(const record::Run& run, const std::string& label);

}  // namespace unrig::analysis
