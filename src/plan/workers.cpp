#include "plan/workers.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <set>

#include "scenario/knobs.h"

namespace unrig::plan {
namespace {

/// Beyond it a worker has nothing to do; `own`: what is tried anyway.
int most_workers(const scenario::Scenario& scenario, scenario::Concurrency concurrency, int own,
                 int cores) {
  constexpr int async_per_core = 4;
  int most = std::min(scenario::most_workers, scenario.number(scenario.clients, cores));
  // Sessions that come with the workers are no limit.
  if (scenario.db_sessions.per_worker == 0)
    most = std::min(most, scenario.number(scenario.db_sessions, cores));
  if (scenario::is_async(concurrency))
    most = std::min(most, std::max(2 * own, async_per_core * scenario.cores(cores)));
  return most;
}

}  // namespace

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
  return worker_grid(own, most_workers(scenario, concurrency, own, cores));
}

std::vector<int> workers_to_search(const scenario::Scenario& scenario,
                                   scenario::Concurrency concurrency, int cores) {
  const int least = scenario.cores(cores);
  const int thumb = scenario.number(rule_of_thumb(concurrency), cores);
  const int most = most_workers(scenario, concurrency, least, cores);
  std::set<int> numbers{most};
  const auto add = [&](double number) {
    const int whole = static_cast<int>(std::lround(number));
    if (whole >= least && whole <= most) numbers.insert(whole);
  };
  for (int step = 0; thumb >> step >= 1; ++step) add(std::ldexp(thumb, -step));
  for (int step = 0; std::int64_t{thumb} << step <= most; ++step) add(std::ldexp(thumb, step));
  return {numbers.begin(), numbers.end()};
}

}  // namespace unrig::plan
