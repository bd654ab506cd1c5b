/// \file
/// `unrig run --tune STACK`: the plan. One stack becomes many cells, each with another number of
/// workers; the scenario's own number is the baseline.
#pragma once

#include <span>
#include <vector>

#include "cli/request.h"
#include "scenario/scenario.h"

namespace unrig::cli {

/// Numbers of workers to try for a stack that the scenario gives `own`. More workers than clients
/// or sessions have nothing to do; an asynchronous worker keeps a core busy by itself, and 4 per
/// core are tried at most. Twice the scenario's own number always is, as far as those limits allow.
[[nodiscard]] std::vector<int> workers_to_try(const scenario::Scenario& scenario,
                                              scenario::Concurrency concurrency, int own,
                                              int cores);

/// Makes one cell for each of `numbers` out of the request's only one, whose own number is the
/// baseline and must be among them.
void spread_over_workers(Request& request, std::span<const int> numbers);

}  // namespace unrig::cli
