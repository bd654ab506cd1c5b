#include "plan/workers.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <set>

namespace unrig::plan {

std::string workers_knob(const record::Cell& cell) {
  const auto concurrency = scenario::concurrency_from(cell.concurrency);
  return concurrency && scenario::is_async(*concurrency) ? "workers.async" : "workers.sync";
}

bool sets_workers(std::string_view knob) {
  return knob.starts_with("workers.");
}

std::vector<int> worker_grid(int own, int most) {
  assert(own >= 1 && most >= 1);
  std::set<int> grid{own};
  const int last = std::max(own, most);
  constexpr int first_step = -4;  // a quarter
  for (int step = first_step;; ++step) {
    const double value = own * std::exp2(step / 2.0);
    if (value >= last) break;
    grid.insert(std::max(1, static_cast<int>(std::lround(value))));
  }
  grid.insert(last);
  return {grid.begin(), grid.end()};
}

std::vector<int> workers_to_try(const scenario::Scenario& scenario,
                                scenario::Concurrency concurrency, int own, int cores) {
  constexpr int async_per_core = 4;
  int most = scenario.clients.resolve(cores);
  // Sessions that come with the workers are no limit.
  if (scenario.db_sessions.per_worker == 0)
    most = std::min(most, scenario.db_sessions.resolve(cores));
  if (scenario::is_async(concurrency))
    most = std::min(most, std::max(2 * own, async_per_core * cores));
  return worker_grid(own, most);
}

}  // namespace unrig::plan
