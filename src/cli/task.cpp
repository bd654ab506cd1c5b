#include "cli/task.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/random.h"
#include "base/regular_file.h"
#include "base/text.h"
#include "campaign/choice.h"
#include "campaign/resume.h"
#include "chain/subject.h"
#include "cli/gates.h"
#include "cli/places.h"
#include "cli/version.h"
#include "runtime/runtime.h"
#include "scenario/file.h"
#include "scenario/knobs.h"

namespace unrig::cli {
namespace {

namespace fs = std::filesystem;

/// The stacks that are measured where none is named.
Result<std::vector<std::string>> usual_names(const fs::path& data) {
  const auto list = read_regular_file(data / "stacks" / "default.txt");
  if (!list) return std::unexpected(list.error());
  std::vector<std::string> names;
  for (const auto& line : split(*list, '\n')) {
    if (!trim(line).empty()) names.emplace_back(trim(line));
  }
  return names;
}

/// Names to measure: as given, all that the vintage has, or the list in stacks/default.txt.
Result<std::vector<std::string>> names_of(const RunOptions& options, const Named& named) {
  if (!options.stacks.empty()) return options.stacks;
  std::vector<std::string> names;
  if (options.all) {
    for (const auto& spec : named.specs) {
      if (spec.vintage(options.vintage) != nullptr) names.push_back(spec.name);
    }
    if (!names.empty()) return names;
    std::vector<std::string> vintages;
    for (const auto& spec : named.specs) {
      for (const auto& vintage : spec.vintages) vintages.push_back(vintage.name);
    }
    const std::string near = did_you_mean(options.vintage, vintages);
    return fail(ErrorKind::usage,
                fmt::format("no stack has the vintage '{}'", printable(options.vintage)),
                near.empty() ? "unrig list vintages" : fmt::format("did you mean '{}'?", near));
  }
  return usual_names(named.data);
}

/// Every stack that there is, and where it is. Error: usage or environment.
Result<Named> with_stacks(const CommonOptions& common) {
  Named named;
  auto data = find_data();
  if (!data) return std::unexpected(data.error());
  named.data = *data;
  auto specs = known_stacks(common);
  if (!specs) return std::unexpected(specs.error());
  named.specs = std::move(*specs);
  return named;
}

bool has_several_stacks(const std::vector<record::Cell>& cells) {
  return std::ranges::any_of(
      cells, [&](const record::Cell& cell) { return !same_stack(cell, cells.front()); });
}

constexpr Duration usual_warmup_most = std::chrono::seconds(30);

/// That the level can be seen to hold before the end.
Result<> check_warmup(const RunOptions& options, const plan::Phases& phases) {
  if (options.warmup_most.value_or(Duration{0}) == Duration{0} || phases.extends()) return {};
  return fail(
      ErrorKind::usage,
      fmt::format("--warmup-most {} is too short: beside {} of warm-up it takes {} to see "
                  "whether the level holds",
                  human(phases.warmup_most), human(phases.warmup), human(plan::level_least)),
      fmt::format("--warmup-most {} at least, or 0s: never longer than --warmup",
                  to_text(phases.warmup + plan::level_least)));
}

/// Whether one of them compiles while it runs.
bool one_compiles(std::span<const record::Cell> cells, std::span<const stack::StackSpec> specs) {
  return std::ranges::any_of(cells, [&](const record::Cell& cell) {
    const auto spec = std::ranges::find(specs, cell.stack, &stack::StackSpec::name);
    return spec != specs.end() && runtime::compiles_while_it_runs(spec->language);
  });
}

/// Cells, baseline and knobs of the scenario that `named` has.
Result<> choose_cells(const RunOptions& options, std::span<const int> usable, Named& named) {
  const auto names = names_of(options, named);
  if (!names) return std::unexpected(names.error());
  campaign::Task& task = named.task;
  auto choice = campaign::choose({.stacks = *names,
                                  .vintage = options.vintage,
                                  .vary = options.vary,
                                  .tune = options.tune,
                                  .layers = options.layers,
                                  .baseline = options.baseline,
                                  .noise_floor = options.noise_floor,
                                  .phases = task.phases},
                                 named.specs, named.scenario, usable);
  if (!choice) return std::unexpected(choice.error());
  task.scenario = named.scenario.name;
  task.knobs = campaign::in_force(named.scenario);
  task.cells = std::move(choice->cells);
  task.baseline = std::move(choice->baseline);
  task.phases.warmup_most = one_compiles(task.cells, named.specs)
                                ? options.warmup_most.value_or(usual_warmup_most)
                                : Duration{0};
  // Stacks are held against each other at each setting, or each layer against the whole chain:
  // nothing is chosen that had to be confirmed.
  const bool holds_together =
      options.layers || (!options.vary.empty() && has_several_stacks(task.cells));
  if (holds_together && !options.fresh_blocks) task.fresh_blocks = 0;
  return {};
}

}  // namespace

campaign::Task how_to_measure(const CommonOptions& common, const RunOptions& options) {
  campaign::Task task{.seed = options.seed ? *options.seed : fresh_seed(),
                      .blocks = options.blocks,
                      .precision = options.precision,
                      .margin = options.margin,
                      .phases = {.warmup = options.warmup,
                                 .duration = options.duration,
                                 .warmup_most = options.warmup_most.value_or(Duration{0})},
                      .fresh_blocks = options.fresh_blocks,
                      .confirm_limiters = options.confirm,
                      .patience = options.patience,
                      .accept_noise = options.accept_noise,
                      .accept_unproven = options.accept_unproven,
                      .budget = options.budget,
                      .unrig_version = std::string(version()),
                      .unrig_commit = std::string(commit()),
                      .command_line = common.command_line};
  for (const auto& folder : common.stacks) {
    task.stack_folders.push_back(fs::absolute(folder).lexically_normal().string());
  }
  if (!options.python.empty()) task.python = fs::absolute(options.python).string();
  return task;
}

Result<std::vector<stack::StackSpec>> known_stacks(const CommonOptions& common) {
  const auto data = find_data();
  if (!data) return std::unexpected(data.error());
  const auto folders = stack_folders(*data, common);
  if (!folders) return std::unexpected(folders.error());
  return stack::load_stacks(*folders);
}

Result<Named> read_task(const CommonOptions& common, const RunOptions& options,
                        std::span<const int> usable) {
  auto named = with_stacks(common);
  if (!named) return named;
  named->task = how_to_measure(common, options);
  if (auto enough = check_warmup(options, named->task.phases); !enough)
    return std::unexpected(enough.error());
  auto loaded = scenario::load(named->data / "scenarios", options.scenario);
  if (!loaded) return std::unexpected(loaded.error());
  named->scenario = std::move(*loaded);
  for (const auto& assignment : options.set) {
    if (auto done = scenario::set_from_text(named->scenario, assignment); !done) {
      return std::unexpected(done.error());
    }
  }
  if (auto there = scenario::check_cores(named->scenario, usable); !there)
    return std::unexpected(there.error());
  if (auto done = choose_cells(options, usable, *named); !done)
    return std::unexpected(done.error());
  if (auto done = use(options.gates, named->task); !done) return std::unexpected(done.error());
  if (!options.match.empty()) {
    if (auto matching = matching_of(options, usable, *named); !matching)
      return std::unexpected(matching.error());
  }
  const auto usual = usual_names(named->data);
  if (!usual) return std::unexpected(usual.error());
  named->sought = campaign::sought(named->task.cells, named->scenario, named->specs, *usual);
  return named;
}

Result<scenario::Scenario> searched_in(const Named& named, const RunOptions& options) {
  const auto& own = named.scenario;
  const bool elsewhere = !own.workers_tuned_in.empty();
  auto loaded =
      scenario::load(named.data / "scenarios", elsewhere ? own.workers_tuned_in : options.scenario);
  if (!loaded) {
    if (elsewhere) loaded.error().what = "workers.tuned_in: " + loaded.error().what;
    return loaded;
  }
  loaded->machine_cpu = own.machine_cpu;
  loaded->machine_cores = own.machine_cores;
  loaded->machine_with_load = own.machine_with_load;
  return loaded;
}

Result<> use(const std::vector<record::Tuned>& found, const RunOptions& options,
             std::span<const int> usable, Named& named) {
  for (std::size_t i = 0; i < found.size(); ++i)
    campaign::use(named.sought[i], found[i], named.scenario);
  named.task.tuned = found;
  return choose_cells(options, usable, named);
}

Result<Matching> matching_of(const RunOptions& options, std::span<const int> usable,
                             const Named& named) {
  auto target = campaign::target_from(options.match);
  if (!target) return std::unexpected(target.error());
  const bool is_varied = std::ranges::any_of(
      options.vary, [](const std::string& axis) { return axis.starts_with("machine.cpu"); });
  if (named.scenario.machine_cpu > 0 || is_varied) {
    return fail(ErrorKind::usage, "--match looks for machine.cpu, which is given as well",
                "leave one of the two out");
  }
  scenario::Scenario scenario = named.scenario;
  // All there is, and a control group for it.
  scenario.machine_cpu = scenario.cores(static_cast<int>(usable.size()));
  campaign::Asked asked;
  asked.stacks = {target->stack};
  asked.vintage = options.vintage;
  auto choice = campaign::choose(asked, named.specs, scenario, usable);
  if (!choice) return std::unexpected(choice.error());
  return Matching{std::move(*target), std::move(choice->cells.front()), std::move(scenario)};
}

Result<> use(const record::Matched& found, const RunOptions& options, std::span<const int> usable,
             Named& named) {
  named.scenario.machine_cpu = found.cpus;
  named.task.matched = found;
  return choose_cells(options, usable, named);
}

Result<Named> read_stored(const record::Manifest& stored, const CommonOptions& common,
                          const RunOptions& options, std::span<const int> usable) {
  auto named = with_stacks(common);
  if (!named) return named;
  named->task = campaign::task_of(stored, how_to_measure(common, options));
  named->scenario.name = stored.scenario;
  for (const auto& [knob, value] : stored.knobs) {
    if (auto done = scenario::set_text(named->scenario, knob, value); !done) {
      return std::unexpected(done.error());
    }
  }
  const chain::Subjects subjects(named->specs, named->scenario);
  for (auto& cell : named->task.cells) {
    const auto subject = subjects.of(cell);
    if (!subject) return std::unexpected(subject.error());
    cell.hash = subject->selection.spec->hash;
    if (auto there = scenario::check_cores(subject->scenario, usable); !there)
      return std::unexpected(there.error());
  }
  if (auto done = use(options.gates, named->task); !done) return std::unexpected(done.error());
  return named;
}

CommonOptions places_of(const record::Manifest& stored, CommonOptions given) {
  for (const fs::path folder : stored.stack_folders) {
    const auto same = [&](const fs::path& other) {
      return fs::absolute(other).lexically_normal() == folder.lexically_normal();
    };
    if (std::ranges::none_of(given.stacks, same)) given.stacks.push_back(folder);
  }
  return given;
}

}  // namespace unrig::cli
