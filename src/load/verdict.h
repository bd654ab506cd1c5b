/// \file
/// Whether a run measured the server, or something else.
#pragma once

#include <string>
#include <vector>

#include "load/load.h"

namespace unrig::load {

struct Verdict {
  [[nodiscard]] bool valid() const { return reasons.empty(); }
  std::vector<std::string> reasons;  ///< why the figures do not speak of the server
  std::vector<std::string> advice;   ///< what to do about it
};

/// Invalid when nothing was completed, when bytes came that nobody asked for, or when the generator
/// was the limit: in a closed loop by its CPU, in both kinds by its lateness. Failures of requests
/// are results, not reasons.
[[nodiscard]] Verdict judge(const Plan& plan, const Outcome& outcome);

/// Why the figures speak of a late generator; "" where it was on time.
[[nodiscard]] std::string late_generator(const Plan& plan, const Outcome& outcome);

/// "200 closed_early, 3 timeout": the classes that occurred, the most frequent first; "" if none.
[[nodiscard]] std::string causes(const Counts& counts);

}  // namespace unrig::load
