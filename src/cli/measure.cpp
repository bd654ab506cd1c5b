#include "cli/measure.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "audit/inspect.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/plural.h"
#include "base/random.h"
#include "base/text.h"
#include "chain/chain.h"
#include "cli/resume.h"
#include "cli/session.h"
#include "cli/version.h"
#include "process/process.h"
#include "report/run_text.h"
#include "trial/measured.h"

namespace unrig::cli {
namespace {

namespace fs = std::filesystem;

std::string run_name(WallTime now, std::uint64_t seed) {
  const auto time = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(now));
  return fmt::format("{:%Y%m%d-%H%M%S}-{:04x}", fmt::gmtime(time), seed & 0xffff);
}

/// What every step of a run needs.
struct Stage {
  const RunOptions& options;
  const chain::Subjects& subjects;
  chain::Chain& chain;
  process::Guard& guard;
  const Clock& clock;
  record::Store& store;
  report::Progress& progress;
};

/// Environments that cannot be made take their stacks out of the run; the others go on. Error:
/// usage, where a vintage or its lock is not as it should be.
Result<> prepare_stacks(const Stage& stage, record::Manifest& manifest) {
  std::vector<stack::Selection> selections;
  for (const auto& cell : manifest.cells) {
    const auto subject = stage.subjects.of(cell);
    if (!subject) return std::unexpected(subject.error());
    selections.push_back(subject->selection);
  }
  const auto tell = [&](const runtime::BuildProgress& now) {
    stage.progress.work("Python environments", now.done, now.of, join(now.under_way, ", "));
  };
  const auto ready = stage.chain.runtimes().prepare(selections, tell);
  for (std::size_t i = 0; i < ready.size(); ++i) {
    if (const auto runtime = stage.chain.runtimes().of(selections[i])) {
      if (const auto lock = read_file((*runtime)->lock(selections[i])))
        manifest.cells[i].lock = sha256(*lock);
    }
    if (ready[i]) continue;
    const Error& error = ready[i].error();
    if (error.kind == ErrorKind::usage) return std::unexpected(error);
    manifest.cells[i].failure = error.help.empty() ? error.what : error.what + "\n" + error.help;
    stage.progress.cell_failed(manifest.cells[i], error);
  }
  return {};
}

/// Whether each stack is what it claims to be, and what it does for one request.
Result<> inspect_stacks(const Stage& stage, record::Manifest& manifest) {
  const auto& [options, subjects, chain, guard, clock, store, progress] = stage;
  auto inspector = audit::Inspector::open(chain, guard, clock);
  if (!inspector) return std::unexpected(inspector.error());
  const std::size_t cells = manifest.cells.size();
  progress.say(fmt::format("looking at {} before the first trial", counted(cells, "stack")));
  for (std::size_t i = 0; i < cells; ++i) {
    record::Cell& cell = manifest.cells[i];
    if (!cell.failure.empty()) continue;
    progress.passing(fmt::format("looking at {} ({} of {})", cell.label, i + 1, cells));
    const auto subject = subjects.of(cell);
    if (!subject) return std::unexpected(subject.error());
    auto seen = inspector->inspect(*subject, {});
    if (seen) {
      cell.claims = std::move(seen->claims);
      cell.audit = std::move(seen->audit);
      for (const auto& reason : cell.false_claims()) progress.say(cell.label + ": " + reason);
    } else if (seen.error().kind == ErrorKind::measurement) {
      cell.failure = seen.error().what;
      progress.cell_failed(cell, seen.error());
    } else {
      return std::unexpected(seen.error());
    }
  }
  return {};
}

/// Makes `run` what is to be conducted: inspected and in the store, or the stored one where it may
/// go on here.
Result<> begin(Stage& stage, record::Run& run, std::optional<record::Run> stored) {
  if (auto ready = prepare_stacks(stage, run.manifest); !ready) return ready;
  run.manifest.versions = stage.chain.versions();
  if (stored) {
    if (auto same = check_same_ground(stored->manifest, run.manifest); !same) return same;
    run = std::move(*stored);
    set_conduct(stage.options, run.manifest);
    stage.progress.say(fmt::format("goes on with run {} after {}", run.manifest.run,
                                   counted(run.trials.size(), "trial")));
    return stage.store.update_run(run.manifest);
  }
  if (auto seen = inspect_stacks(stage, run.manifest); !seen) return seen;
  return stage.store.add_run(run.manifest);
}

}  // namespace

void set_conduct(const RunOptions& options, record::Manifest& manifest) {
  manifest.patience_seconds = seconds(options.patience);
  manifest.accept_noise = options.accept_noise;
  manifest.confirmation_blocks = options.confirm.value_or(experiment::Rule{}.confirmation_blocks);
  manifest.confirms_until_precise = !options.confirm;
}

record::Manifest new_manifest(const CommonOptions& common, const RunOptions& options,
                              const host::Facts& facts, std::uint64_t seed, WallTime now) {
  record::Manifest manifest;
  manifest.seed = seed;
  manifest.run = run_name(now, seed);
  manifest.unrig_version = version();
  manifest.unrig_commit = commit();
  manifest.started_at = iso8601(now);
  manifest.command_line = common.command_line;
  manifest.blocks = options.blocks;
  manifest.precision = options.precision;
  manifest.margin = options.margin;
  manifest.warmup_seconds = seconds(options.warmup);
  manifest.duration_seconds = seconds(options.duration);
  set_conduct(options, manifest);
  manifest.host = facts;
  for (const auto& folder : common.stacks) {
    manifest.stack_folders.push_back(fs::absolute(folder).lexically_normal().string());
  }
  if (!options.python.empty()) manifest.python = fs::absolute(options.python).string();
  return manifest;
}

record::Manifest manifest_of(const Request& request, const CommonOptions& common,
                             const RunOptions& options, const host::Facts& facts,
                             std::uint64_t seed, WallTime now) {
  record::Manifest manifest = new_manifest(common, options, facts, seed, now);
  manifest.scenario = request.scenario.name;
  for (const auto& knob : scenario::knobs()) {
    manifest.knobs.emplace_back(knob.name, knob.get(request.scenario));
  }
  manifest.baseline = request.cells[request.baseline].label;
  manifest.cells = request.cells;
  return manifest;
}

experiment::Plan new_plan(const RunOptions& options, const Clock& clock,
                          const std::optional<record::Run>& stored) {
  experiment::Plan plan{.rule = {.blocks = options.blocks,
                                 .precision = options.precision,
                                 .confirms_until_precise = !options.confirm,
                                 .confirms_baseline = options.tune},
                        .phases = {.warmup = options.warmup, .duration = options.duration},
                        .patience = options.patience};
  if (options.confirm) plan.rule.confirmation_blocks = *options.confirm;
  if (stored) plan.rule = experiment::rule_to_go_on(plan.rule, *stored);
  if (options.budget) plan.deadline = clock.now() + *options.budget;
  return plan;
}

Result<Measured> measure(const CommonOptions& common, const RunOptions& options,
                         const Request& request, std::optional<record::Run> stored) {
  auto store = open_store(common);
  if (!store) return std::unexpected(store.error());
  const host::Facts facts = host::facts();
  const SystemClock clock;
  tell_missing_calls(common);
  auto guard = process::Guard::start();
  if (!guard) return std::unexpected(guard.error());
  Interrupt interrupt(Interrupt::First::finishes_trial, &*guard);
  const experiment::Plan plan = new_plan(options, clock, stored);
  report::Progress progress(
      stderr, report::choose_style(common.quiet, common.plain), clock,
      experiment::expected_trials(plan.rule, request.cells.size(), options.noise_floor),
      options.accept_noise);
  const std::uint64_t seed = options.seed ? *options.seed : fresh_seed();
  Measured measured{
      .run = {.manifest = manifest_of(request, common, options, facts, seed, clock.wall())}};
  record::Run& run = measured.run;
  progress.say(std::string(trim(report::run_heading(run.manifest))));
  auto chain =
      chain::Chain::open({.data = request.data,
                          .home = fs::absolute(common.home),
                          .programs = {{"python", options.python}}},
                         *guard, clock, [&](const std::string& line) { progress.say(line); });
  if (!chain) return std::unexpected(chain.error());
  const chain::Subjects subjects(request.specs, request.scenario);
  Stage stage{options, subjects, *chain, *guard, clock, *store, progress};
  if (auto begun = begin(stage, run, std::move(stored)); !begun) {
    return std::unexpected(begun.error());
  }

  trial::MeasuredBench bench(*chain, subjects, clock, facts.cores,
                             [&interrupt] { return interrupt.times_resumed(); });
  conduct(plan, bench, *store, progress, interrupt, clock, measured);
  return measured;
}

void conduct(const experiment::Plan& plan, plan::Bench& bench, record::Store& store,
             report::Progress& progress, Interrupt& interrupt, const Clock& clock,
             Measured& measured) {
  interrupt.measuring();
  const auto ending =
      experiment::conduct(plan, bench, measured.run, store, progress, interrupt.stop(), clock);
  progress.say("");
  if (ending) {
    measured.interrupted = ending->interrupted;
    measured.error = ending->unsaved;
  } else {
    measured.error = ending.error();
  }
}

}  // namespace unrig::cli
