#include "experiment/experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "experiment/keeping.h"
#include "plan/perturbation.h"
#include "record/disturbance.h"

namespace unrig::experiment {
namespace {

/// How long a store that is locked or full is tried at the end of a run.
constexpr Duration last_tries = std::chrono::seconds(10);

/// The parts that every step of a run needs.
struct Stage {
  const Conduct& how;
  plan::Bench& bench;
  record::Run& run;
  Watcher& watcher;
  Stop& stop;
  Keeping keeping;
  bool store_refuses = false;  ///< and that has been told

  [[nodiscard]] bool stopped() const { return stop.now.stop_requested(); }
  void tell_unsaved(const Result<>& stored) {
    if (!stored && !store_refuses) {
      watcher.mended(stored.error().what + "; kept in memory, the store is tried again");
    }
    store_refuses = !stored;
  }
};

/// One trial on the bench, which may be mended in between.
Result<record::Trial> ask_bench(const Stage& stage, const record::Cell& cell,
                                const plan::Phases& phases, const plan::Place& place) {
  auto trial = stage.bench.run(cell, phases, place, stage.stop.now.get_token());
  const auto broken = [&trial] { return !trial && trial.error().kind == ErrorKind::environment; };
  if (broken() && !stage.stopped()) {
    const std::string what = trial.error().what;
    if (stage.bench.mend()) {
      stage.watcher.mended(what + "; everything is started again, and this trial with it");
      trial = stage.bench.run(cell, phases, place, stage.stop.now.get_token());
    }
  }
  // Whatever fails while everything is being ended, fails because of that.
  if (!trial && stage.stopped()) return fail(ErrorKind::interrupted, "the trial was stopped");
  return trial;
}

/// One trial, kept. Error: only what ends the run.
Result<> conduct_trial(Stage& stage, std::size_t index, const Block& block, int position) {
  record::Manifest& manifest = stage.run.manifest;
  const record::Cell cell = plan::cell_at(manifest, index);
  const plan::Place place{.block = block.number,
                          .position = position,
                          .seed = trial_seed(manifest.seed, block.number, index)};
  const plan::Phases phases = phases_of(stage.run, index, block, stage.how.phases);
  stage.watcher.trial_begins(cell, place, phases.warmup + phases.duration);
  auto trial = ask_bench(stage, cell, phases, place);
  if (trial) {
    trial->purpose = block.purpose;
    stage.run.trials.push_back(std::move(*trial));
    stage.watcher.trial_ended(cell, stage.run.trials.back());
    stage.tell_unsaved(stage.keeping.trial_added());
    return {};
  }
  if (trial.error().kind != ErrorKind::measurement) return std::unexpected(trial.error());
  plan::failure_at(manifest, index) = trial.error().what;
  stage.watcher.cell_failed(cell, trial.error());
  stage.tell_unsaved(stage.keeping.manifest_changed());
  return {};
}

bool told_to_end(const Stop& stop) {
  return stop.finish || stop.now.stop_requested();
}

/// Looks at the machine until it is quiet, or `left` is over. What is left then.
Duration wait_for_quiet(const Stage& stage, int block, Duration left, const Clock& clock) {
  const Instant begun = clock.now();
  Instant end = begun + left;
  if (stage.how.deadline) end = std::min(end, *stage.how.deadline);
  if (end <= begun) return left;
  stage.watcher.wait_begins(stage.run, block, end - begun);
  bool quiet = false;
  while (!quiet && clock.now() < end && !told_to_end(stage.stop)) {
    const auto seen = stage.bench.look(std::min(look_length, Duration(end - clock.now())),
                                       [&] { return told_to_end(stage.stop); });
    quiet = record::causes_of(seen).empty() && !told_to_end(stage.stop);
    if (!quiet) stage.watcher.waits(seen, std::max(Duration(0), Duration(end - clock.now())));
  }
  const Duration waited = clock.now() - begun;
  if (!told_to_end(stage.stop)) stage.watcher.wait_ended(quiet, waited);
  return std::max(Duration(0), left - waited);
}

Result<Ending> conduct_blocks(Stage& stage, const Clock& clock) {
  const Conduct& how = stage.how;
  Duration patience = stage.run.manifest.accept_noise ? Duration(0) : how.patience;
  auto next = next_block(stage.run, how.rule);
  while (next) {
    const Block block = *next;
    int position = block.position;
    for (const std::size_t index : block.cells) {
      if (told_to_end(stage.stop)) return Ending{.interrupted = true};
      if (how.deadline && clock.now() >= *how.deadline) return Ending{.out_of_time = true};
      auto done = conduct_trial(stage, index, block, ++position);
      if (!done && done.error().kind == ErrorKind::interrupted) return Ending{.interrupted = true};
      if (!done) return std::unexpected(done.error());
    }
    next = next_block(stage.run, how.rule);
    // However it may come about: what has been measured is not measured for ever.
    if (next && next->number == block.number && next->cells == block.cells) {
      return fail(ErrorKind::internal,
                  fmt::format("block {} was measured, and is planned again", block.number));
    }
    if (next && patience > Duration(0) && all_disturbed(stage.run, block.number)) {
      patience = wait_for_quiet(stage, block.number, patience, clock);
    }
  }
  return Ending{};
}

}  // namespace

Result<Ending> conduct(const Conduct& how, plan::Bench& bench, record::Run& run,
                       record::Store& store, Watcher& watcher, Stop& stop, const Clock& clock) {
  Stage stage{how, bench, run, watcher, stop, Keeping(run, store), false};
  auto ending = conduct_blocks(stage, clock);
  const auto kept = stage.keeping.finish(clock, stage.stopped() ? Duration(0) : last_tries);
  if (ending && !kept) ending->unsaved = kept.error();
  if (!ending && !kept) ending.error().what += "; " + kept.error().what;
  return ending;
}

}  // namespace unrig::experiment
