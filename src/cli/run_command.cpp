#include "cli/run_command.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "analysis/summary.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/places.h"
#include "cli/resume.h"
#include "cli/session.h"
#include "cli/version.h"
#include "experiment/experiment.h"
#include "process/process.h"
#include "report/audit_text.h"
#include "report/progress.h"
#include "report/run_json.h"
#include "report/run_text.h"
#include "stack/chain.h"
#include "stack/spec.h"
#include "trial/inspect.h"
#include "trial/measured.h"

namespace unrig::cli {
namespace {

namespace fs = std::filesystem;

/// What the words of the command line name, read and checked before anything starts.
struct Request {
  fs::path data;
  std::vector<stack::StackSpec> specs;  ///< the cells point into it
  scenario::Scenario scenario;
  std::vector<trial::Cell> cells;
  std::size_t baseline = 0;
};

/// Names to measure: as given, all that the vintage has, or the list in stacks/default.txt.
Result<std::vector<std::string>> names_of(const RunOptions& options, const Request& request) {
  if (!options.stacks.empty()) return options.stacks;
  std::vector<std::string> names;
  if (options.all) {
    for (const auto& spec : request.specs) {
      if (spec.vintage(options.vintage) != nullptr) names.push_back(spec.name);
    }
    if (!names.empty()) return names;
    return fail(ErrorKind::usage, fmt::format("no stack has the vintage '{}'", options.vintage),
                "unrig list vintages");
  }
  const auto list = read_file(request.data / "stacks" / "default.txt");
  if (!list) return std::unexpected(list.error());
  for (const auto& line : split(*list, '\n')) {
    if (!trim(line).empty()) names.emplace_back(trim(line));
  }
  return names;
}

Result<> choose_cells(const RunOptions& options, int cores, Request& request) {
  const auto names = names_of(options, request);
  if (!names) return std::unexpected(names.error());
  std::set<std::string> vintages;
  for (const auto& name : *names) {
    const auto selection = stack::select(request.specs, name, options.vintage);
    if (!selection) return std::unexpected(selection.error());
    trial::Cell cell{.selection = *selection, .scenario = request.scenario};
    const auto& spec = *selection->spec;
    cell.workers = request.scenario.workers(spec.name, spec.concurrency, cores);
    cell.label = spec.name + "@" + selection->vintage;
    vintages.insert(selection->vintage);
    const auto same = [&](const trial::Cell& other) { return other.label == cell.label; };
    if (std::any_of(request.cells.begin(), request.cells.end(), same)) {
      return fail(ErrorKind::usage, fmt::format("{} is named twice", name));
    }
    request.cells.push_back(std::move(cell));
  }
  for (auto& cell : request.cells) {
    if (vintages.size() == 1) cell.label = cell.selection.spec->name;
  }
  return {};
}

Result<> choose_baseline(const RunOptions& options, Request& request) {
  const std::string wanted = options.baseline.empty() ? "flask-gunicorn" : options.baseline;
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < request.cells.size(); ++i) {
    const auto& cell = request.cells[i];
    const std::string& name = cell.selection.spec->name;
    labels.push_back(cell.label);
    if (wanted == cell.label || wanted == name || wanted == name + "@" + cell.selection.vintage) {
      request.baseline = i;
      return {};
    }
  }
  if (options.baseline.empty()) return {};  // the first one named
  const std::string near = did_you_mean(wanted, labels);
  return fail(ErrorKind::usage,
              fmt::format("the baseline '{}' is not in this run", printable(wanted)),
              near.empty() ? fmt::format("this run has: {}", join(labels, " "))
                           : fmt::format("did you mean '{}'?", near));
}

Result<Request> read_request(const CommonOptions& common, const RunOptions& options, int cores) {
  Request request;
  auto data = find_data();
  if (!data) return std::unexpected(data.error());
  request.data = *data;
  auto loaded = scenario::load(*data / "scenarios", options.scenario);
  if (!loaded) return std::unexpected(loaded.error());
  request.scenario = std::move(*loaded);
  for (const auto& assignment : options.set) {
    if (auto done = scenario::set_from_text(request.scenario, assignment); !done) {
      return std::unexpected(done.error());
    }
  }
  const auto folders = stack_folders(*data, common);
  if (!folders) return std::unexpected(folders.error());
  auto specs = stack::load_stacks(*folders);
  if (!specs) return std::unexpected(specs.error());
  request.specs = std::move(*specs);
  if (auto done = choose_cells(options, cores, request); !done)
    return std::unexpected(done.error());
  if (auto done = choose_baseline(options, request); !done) return std::unexpected(done.error());
  return request;
}

std::string run_name(WallTime now, std::uint64_t seed) {
  const auto time = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(now));
  return fmt::format("{:%Y%m%d-%H%M%S}-{:04x}", fmt::gmtime(time), seed & 0xffff);
}

record::Manifest manifest_of(const Request& request, const CommonOptions& common,
                             const RunOptions& options, const host::Facts& facts,
                             std::uint64_t seed, WallTime now) {
  record::Manifest manifest;
  manifest.run = run_name(now, seed);
  manifest.unrig_version = version();
  manifest.unrig_commit = commit();
  manifest.started_at = iso8601(now);
  manifest.command_line = common.command_line;
  manifest.seed = seed;
  manifest.blocks = options.blocks;
  manifest.precision = options.precision;
  manifest.margin = options.margin;
  manifest.warmup_seconds = seconds(options.warmup);
  manifest.duration_seconds = seconds(options.duration);
  manifest.scenario = request.scenario.name;
  for (const auto& knob : scenario::knobs()) {
    manifest.knobs.emplace_back(knob.name, knob.get(request.scenario));
  }
  manifest.host = facts;
  manifest.baseline = request.cells[request.baseline].label;
  for (const auto& cell : request.cells) {
    const auto& spec = *cell.selection.spec;
    const auto* vintage = spec.vintage(cell.selection.vintage);
    manifest.cells.push_back({.stack = spec.name,
                              .vintage = cell.selection.vintage,
                              .framework = spec.framework,
                              .server = spec.server,
                              .concurrency = std::string(scenario::to_text(spec.concurrency)),
                              .note = vintage->note,
                              .hash = spec.hash,
                              .workers = cell.workers,
                              .label = cell.label});
  }
  return manifest;
}

/// What every step of a run needs.
struct Stage {
  const Request& request;
  stack::Chain& chain;
  process::Guard& guard;
  const Clock& clock;
  record::Store& store;
  report::Progress& progress;
};

/// Environments that cannot be made take their stacks out of the run; the others go on.
void prepare_stacks(const Stage& stage, record::Manifest& manifest) {
  const auto& cells = stage.request.cells;
  std::vector<stack::Selection> selections;
  for (const auto& cell : cells) selections.push_back(cell.selection);
  const auto ready = stage.chain.prepare_all(selections);
  for (std::size_t i = 0; i < ready.size(); ++i) {
    if (const auto lock = read_file(stage.chain.lock(selections[i]))) {
      manifest.cells[i].lock = sha256(*lock);
    }
    if (ready[i]) continue;
    manifest.cells[i].failure = ready[i].error().what;
    stage.progress.cell_failed(cells[i], ready[i].error());
  }
}

/// Whether each stack is what it claims to be, and what it does for one request.
Result<> inspect_stacks(const Stage& stage, record::Manifest& manifest) {
  const auto& [request, chain, guard, clock, store, progress] = stage;
  auto inspector = trial::Inspector::open(chain, guard, clock);
  if (!inspector) return std::unexpected(inspector.error());
  for (std::size_t i = 0; i < request.cells.size(); ++i) {
    record::Cell& cell = manifest.cells[i];
    if (!cell.failure.empty()) continue;
    progress.passing(
        fmt::format("looking at {} ({} of {})", cell.label, i + 1, request.cells.size()));
    auto seen = inspector->inspect(request.cells[i], {});
    if (seen) {
      cell.claims = std::move(seen->claims);
      cell.audit = std::move(seen->audit);
      for (const auto& reason : cell.false_claims()) progress.say(cell.label + ": " + reason);
    } else if (seen.error().kind == ErrorKind::measurement) {
      cell.failure = seen.error().what;
      progress.cell_failed(request.cells[i], seen.error());
    } else {
      return std::unexpected(seen.error());
    }
  }
  return {};
}

bool every_cell_counts(const analysis::Summary& summary) {
  return std::all_of(summary.rows.begin(), summary.rows.end(),
                     [](const analysis::Row& row) { return row.ranked(); });
}

/// Prints what was measured, whatever ended the run.
Result<int> finish(const CommonOptions& common, const record::Run& run, bool audit,
                   bool interrupted) {
  const analysis::Summary summary = analysis::summarize(run);
  if (audit) print_text(common, report::audit_text(run.manifest.cells) + "\n");
  print_text(common, report::run_text(run, summary));
  if (auto written = write_json(common, report::run_json(run, summary)); !written) {
    return std::unexpected(written.error());
  }
  if (interrupted) return exit_code(ErrorKind::interrupted);
  return every_cell_counts(summary) ? 0 : exit_code(ErrorKind::measurement);
}

/// The run to go on with; nothing where a new one was asked for.
Result<std::optional<record::Run>> stored_run(const CommonOptions& common,
                                              const RunOptions& options) {
  if (options.resume.empty()) return std::nullopt;
  auto store = open_store(common);
  if (!store) return std::unexpected(store.error());
  auto run = store->read(options.resume);
  if (!run) return std::unexpected(run.error());
  return std::optional(std::move(*run));
}

/// Makes `run` what is to be conducted: inspected and in the store, or the stored one where it may
/// go on here.
Result<> begin(Stage& stage, record::Run& run, std::optional<record::Run> stored) {
  prepare_stacks(stage, run.manifest);
  if (stored) {
    if (auto same = check_same_ground(stored->manifest, run.manifest); !same) return same;
    run = std::move(*stored);
    stage.progress.say(fmt::format("goes on with run {}: {} trials are there", run.manifest.run,
                                   run.trials.size()));
    return {};
  }
  if (auto seen = inspect_stacks(stage, run.manifest); !seen) return seen;
  run.manifest.versions = stage.chain.versions();
  return stage.store.add_run(run.manifest);
}

experiment::Plan plan_of(const Request& request, const RunOptions& options, const Clock& clock) {
  experiment::Plan plan{.cells = request.cells,
                        .rule = {.blocks = options.blocks, .precision = options.precision},
                        .phases = {.warmup = options.warmup, .duration = options.duration}};
  if (options.budget) plan.deadline = clock.now() + *options.budget;
  return plan;
}

}  // namespace

Result<int> run_command(const CommonOptions& common, const RunOptions& given) {
  const host::Facts facts = host::facts();
  auto stored = stored_run(common, given);
  if (!stored) return std::unexpected(stored.error());
  const RunOptions options = *stored ? options_of((*stored)->manifest, given) : given;
  auto request = read_request(common, options, facts.cores);
  if (!request) return std::unexpected(request.error());
  if (auto writable = check_json_target(common); !writable) {
    return std::unexpected(writable.error());
  }
  auto store = open_store(common);
  if (!store) return std::unexpected(store.error());

  const SystemClock clock;
  auto guard = process::Guard::start();
  if (!guard) return std::unexpected(guard.error());
  Interrupt interrupt;
  const experiment::Plan plan = plan_of(*request, options, clock);
  report::Progress progress(stderr, report::choose_style(common.quiet, common.plain), clock,
                            experiment::expected_trials(plan.rule, plan.cells.size()));
  const std::uint64_t seed = options.seed ? *options.seed : fresh_seed();
  record::Run run{.manifest = manifest_of(*request, common, options, facts, seed, clock.wall())};
  progress.say(std::string(trim(report::run_heading(run.manifest))));
  auto chain = stack::Chain::open(
      {.data = request->data, .home = fs::absolute(common.home), .python = options.python}, *guard,
      clock);
  if (!chain) return std::unexpected(chain.error());
  Stage stage{*request, *chain, *guard, clock, *store, progress};
  if (auto begun = begin(stage, run, std::move(*stored)); !begun) {
    return std::unexpected(begun.error());
  }

  interrupt.measuring();
  trial::MeasuredBench bench(*chain, clock, facts.cores);
  const auto ending =
      experiment::conduct(plan, bench, run, *store, progress, interrupt.stop(), clock);
  progress.say("");
  auto code = finish(common, run, options.audit, ending && ending->interrupted);
  if (!ending) return std::unexpected(ending.error());
  return code;
}

}  // namespace unrig::cli
