/// \file
/// What limits a cell by the rules, over its trials. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "record/record.h"

namespace unrig::analysis {

/// The first trial with the limiter that most of them have; null of none.
[[nodiscard]] const record::Trial* typical_trial(const std::vector<const record::Trial*>& trials);

/// Whether that limiter is a thing that there can be more of, or less: `several` and `unattributed`
/// are none.
[[nodiscard]] bool names_a_resource(std::string_view limiter);

/// One of the things that may limit a cell.
struct Candidate {
  std::string name;            ///< one of record::limiter_names
  bool is_near_limit = false;  ///< less than half of it is left, or it was the limiter of a trial
};
/// All that the trials suspect, the likeliest first: the typical trial's limiter, those of other
/// trials, then by what is left of them on average. What names no resource (`several`,
/// `unattributed`) is none.
[[nodiscard]] std::vector<Candidate> candidates(const std::vector<const record::Trial*>& trials);

}  // namespace unrig::analysis
