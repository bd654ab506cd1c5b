/// \file
/// Whether a run measured the server, or something else.
#pragma once

#include <string>
#include <vector>

#include "load/load.h"

namespace unrig::load {

/// Invalid when nothing was completed, when bytes came that nobody asked for, when a share of the
/// schedule was never sent, or when the generator was the limit: in a closed loop by its CPU, in
/// both kinds by its lateness and its stalls. Failures of requests are results, not reasons.
[[nodiscard]] LoadVerdict judge(const Plan& plan, const Outcome& outcome);

/// Why the figures speak of a generator that issued late; "" where it was on time. Judged by the
/// number of late requests among all, as far as that is more than chance: of few requests one or
/// two late ones say nothing.
[[nodiscard]] std::string late_generator(const Plan& plan, const Outcome& outcome);

/// Why the figures speak of a generator that did not look at its sockets, or read late what had
/// come; "" where it did not. Longer than limits.h allows, beside the response times.
[[nodiscard]] std::string away_generator(const Outcome& outcome);

}  // namespace unrig::load
