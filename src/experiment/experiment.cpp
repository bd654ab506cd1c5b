#include "experiment/experiment.h"

#include <cassert>

namespace unrig::experiment {
namespace {

/// The parts that every step of a run needs.
struct Stage {
  const Plan& plan;
  trial::Bench& bench;
  record::Run& run;
  record::Store& store;
  Watcher& watcher;
  Stop& stop;
};

/// One trial, kept. Error: only what ends the run.
Result<> conduct_trial(const Stage& stage, std::size_t index, const Block& block, int position) {
  const trial::Cell& cell = stage.plan.cells[index];
  record::Manifest& manifest = stage.run.manifest;
  const trial::Place place{.block = block.number,
                           .position = position,
                           .seed = trial_seed(manifest.seed, block.number, index)};
  stage.watcher.trial_begins(cell, place);
  const trial::Phases phases = phases_of(stage.run, index, block.purpose, stage.plan.phases);
  auto trial = stage.bench.run(cell, phases, place, stage.stop.now.get_token());
  if (trial) {
    trial->purpose = block.purpose;
    if (auto kept = stage.store.add_trial(manifest.run, *trial); !kept) return kept;
    stage.run.trials.push_back(std::move(*trial));
    stage.watcher.trial_ended(cell, stage.run.trials.back());
    return {};
  }
  if (trial.error().kind != ErrorKind::measurement) return std::unexpected(trial.error());
  manifest.cells[index].failure = trial.error().what;
  stage.watcher.cell_failed(cell, trial.error());
  return stage.store.update_run(manifest);
}

}  // namespace

Result<Ending> conduct(const Plan& plan, trial::Bench& bench, record::Run& run,
                       record::Store& store, Watcher& watcher, Stop& stop, const Clock& clock) {
  assert(run.manifest.cells.size() == plan.cells.size());
  const Stage stage{plan, bench, run, store, watcher, stop};
  while (const auto block = next_block(run, plan.rule)) {
    int position = block->position;
    for (const std::size_t index : block->cells) {
      if (stop.finish || stop.now.stop_requested()) return Ending{.interrupted = true};
      if (plan.deadline && clock.now() >= *plan.deadline) return Ending{.out_of_time = true};
      auto done = conduct_trial(stage, index, *block, ++position);
      if (!done && done.error().kind == ErrorKind::interrupted) return Ending{.interrupted = true};
      if (!done) return std::unexpected(done.error());
    }
  }
  return Ending{};
}

}  // namespace unrig::experiment
