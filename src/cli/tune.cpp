#include "cli/tune.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "analysis/tuning.h"

namespace unrig::cli {

std::vector<int> workers_to_try(const scenario::Scenario& scenario,
                                scenario::Concurrency concurrency, int own, int cores) {
  constexpr int async_per_core = 4;
  int most = scenario.clients.resolve(cores);
  // Sessions that come with the workers are no limit.
  if (scenario.db_sessions.per_worker == 0)
    most = std::min(most, scenario.db_sessions.resolve(cores));
  if (scenario::is_async(concurrency))
    most = std::min(most, std::max(2 * own, async_per_core * cores));
  return analysis::worker_grid(own, most);
}

void spread_over_workers(Request& request, std::span<const int> numbers) {
  assert(request.cells.size() == 1);
  const record::Cell own = request.cells.front();
  request.cells.clear();
  for (const int workers : numbers) {
    if (workers == own.workers) request.baseline = request.cells.size();
    request.cells.push_back(own);
    record::Cell& cell = request.cells.back();
    cell.workers = workers;
    cell.label = fmt::format("{} workers={}", own.label, workers);
    cell.role = record::Role::grid_step;
    cell.knobs = {{analysis::workers_knob(own), std::to_string(workers)}};
  }
  assert(request.cells[request.baseline].workers == own.workers);
}

}  // namespace unrig::cli
