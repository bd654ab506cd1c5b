#include "experiment/experiment.h"

#include <fmt/format.h>

#include <cassert>
#include <numeric>

#include "base/random.h"

namespace unrig::experiment {

std::vector<std::size_t> block_order(std::uint64_t seed, int block, std::size_t n) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  RandomStream random(seed, fmt::format("order of block {}", block));
  random.shuffle(std::span(order));
  return order;
}

std::uint64_t trial_seed(std::uint64_t seed, int block, std::size_t cell) {
  return RandomStream(seed, fmt::format("trial {} of block {}", cell, block))() >> 11;
}

Result<Ending> conduct(const Plan& plan, trial::Bench& bench, record::Run& run,
                       record::Store& store, Watcher& watcher, Stop& stop) {
  assert(run.manifest.cells.size() == plan.cells.size());
  for (int block = 1; block <= plan.blocks; ++block) {
    int position = 0;
    for (const std::size_t i : block_order(plan.seed, block, plan.cells.size())) {
      if (stop.finish || stop.now.stop_requested()) return Ending{.interrupted = true};
      record::Cell& planned = run.manifest.cells[i];
      if (!planned.failure.empty()) continue;
      const trial::Cell& cell = plan.cells[i];
      const trial::Place place{
          .block = block, .position = ++position, .seed = trial_seed(plan.seed, block, i)};
      watcher.trial_begins(cell, place);
      auto trial = bench.run(cell, plan.phases, place, stop.now.get_token());
      if (trial) {
        if (auto kept = store.add_trial(run.manifest.run, *trial); !kept) {
          return std::unexpected(kept.error());
        }
        run.trials.push_back(std::move(*trial));
        watcher.trial_ended(cell, run.trials.back());
      } else if (trial.error().kind == ErrorKind::measurement) {
        planned.failure = trial.error().what;
        watcher.cell_failed(cell, trial.error());
        if (auto kept = store.update_run(run.manifest); !kept) return std::unexpected(kept.error());
      } else if (trial.error().kind == ErrorKind::interrupted) {
        return Ending{.interrupted = true};
      } else {
        return std::unexpected(trial.error());
      }
    }
  }
  return Ending{};
}

}  // namespace unrig::experiment
