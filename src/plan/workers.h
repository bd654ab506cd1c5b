/// \file
/// Numbers of workers of one stack: which knob sets them, and which are worth trying. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "record/record.h"
#include "scenario/scenario.h"

namespace unrig::plan {

/// The knob that sets the cell's number of workers: "workers.sync" or "workers.async".
[[nodiscard]] std::string workers_knob(const record::Cell& cell);

/// Whether the knob sets numbers of workers, of any stack.
[[nodiscard]] bool sets_workers(std::string_view knob);

/// Numbers of workers to try, rising: `own`, and from a quarter of it up to `most` in steps of a
/// factor of the square root of 2, rounded. `own` and, where it is larger, `most` are always there.
/// Both >= 1.
[[nodiscard]] std::vector<int> worker_grid(int own, int most);

/// Numbers of workers to try for a stack that the scenario gives `own`. More workers than clients
/// or sessions have nothing to do; an asynchronous worker keeps a core busy by itself, and 4 per
/// core are tried at most. Twice the scenario's own number always is, as far as those limits allow.
[[nodiscard]] std::vector<int> workers_to_try(const scenario::Scenario& scenario,
                                              scenario::Concurrency concurrency, int own,
                                              int cores);

/// Numbers of workers that a short search tries, rising: from one per core in steps of a factor of
/// 2 up to the most that workers_to_try() has, which is always there. The rule of thumb is a step,
/// where it is no more than that.
[[nodiscard]] std::vector<int> workers_to_search(const scenario::Scenario& scenario,
                                                 scenario::Concurrency concurrency, int cores);

}  // namespace unrig::plan
