#include "cli/request.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/regular_file.h"
#include "base/text.h"
#include "chain/subject.h"
#include "cli/places.h"
#include "experiment/forecast.h"
#include "plan/cells.h"
#include "plan/workers.h"

namespace unrig::cli {
namespace {

/// Names to measure: as given, all that the vintage has, or the list in stacks/default.txt.
Result<std::vector<std::string>> names_of(const RunOptions& options, const Request& request) {
  if (!options.stacks.empty()) return options.stacks;
  std::vector<std::string> names;
  if (options.all) {
    for (const auto& spec : request.specs) {
      if (spec.vintage(options.vintage) != nullptr) names.push_back(spec.name);
    }
    if (!names.empty()) return names;
    std::vector<std::string> vintages;
    for (const auto& spec : request.specs) {
      for (const auto& vintage : spec.vintages) vintages.push_back(vintage.name);
    }
    const std::string near = did_you_mean(options.vintage, vintages);
    return fail(ErrorKind::usage,
                fmt::format("no stack has the vintage '{}'", printable(options.vintage)),
                near.empty() ? "unrig list vintages" : fmt::format("did you mean '{}'?", near));
  }
  const auto list = read_regular_file(request.data / "stacks" / "default.txt");
  if (!list) return std::unexpected(list.error());
  for (const auto& line : split(*list, '\n')) {
    if (!trim(line).empty()) names.emplace_back(trim(line));
  }
  return names;
}

/// Labelled with its vintage.
record::Cell cell_of(const stack::Selection& selection) {
  const auto& spec = *selection.spec;
  return {.stack = spec.name,
          .vintage = selection.vintage,
          .framework = spec.framework,
          .server = spec.server,
          .concurrency = std::string(scenario::to_text(spec.concurrency)),
          .note = spec.vintage(selection.vintage)->note,
          .hash = spec.hash,
          .label = spec.name + "@" + selection.vintage};
}

/// One cell per name, labelled.
Result<std::vector<record::Cell>> cells_of(const RunOptions& options, const Request& request) {
  const auto names = names_of(options, request);
  if (!names) return std::unexpected(names.error());
  std::vector<record::Cell> cells;
  std::set<std::string> vintages;
  for (const auto& name : *names) {
    const auto selection = stack::select(request.specs, name, options.vintage);
    if (!selection) return std::unexpected(selection.error());
    record::Cell cell = cell_of(*selection);
    if (std::ranges::find(cells, cell.label, &record::Cell::label) != cells.end()) {
      return fail(ErrorKind::usage, fmt::format("{} is named twice", name));
    }
    vintages.insert(cell.vintage);
    cells.push_back(std::move(cell));
  }
  for (auto& cell : cells) {
    if (vintages.size() == 1) cell.label = cell.stack;
  }
  return cells;
}

/// What --vary asks for, or --tune of the one cell.
Result<std::vector<plan::Axis>> axes_of(const RunOptions& options, int cores,
                                        const scenario::Scenario& scenario,
                                        const record::Cell& first) {
  const auto concurrency = *scenario::concurrency_from(first.concurrency);
  const int own = scenario.workers(first.stack, concurrency, cores);
  std::vector<std::string> vary = options.vary;
  if (options.tune) {
    const auto numbers = plan::workers_to_try(scenario, concurrency, own, cores);
    vary.push_back(fmt::format("{}={}", plan::workers_knob(first), fmt::join(numbers, ",")));
  }
  std::vector<plan::Axis> axes;
  for (const auto& text : vary) {
    auto axis = plan::axis_from(text, scenario);
    if (!axis) return std::unexpected(axis.error());
    if (std::ranges::find(axes, axis->knob, &plan::Axis::knob) != axes.end()) {
      return fail(ErrorKind::usage, fmt::format("--vary: {} is varied twice", axis->knob),
                  "give all its values at once, separated by commas");
    }
    // A scenario says so many per core, or has a number for the stack by name.
    const auto number = std::ranges::find(axis->values, std::to_string(own));
    if (axis->knob == plan::workers_knob(first) && number != axis->values.end())
      axis->baseline = static_cast<std::size_t>(number - axis->values.begin());
    axes.push_back(std::move(*axis));
  }
  return axes;
}

/// That so many cells can be meant. `stacks` at every combination of the axes.
Result<> check_number(const RunOptions& options, std::size_t stacks,
                      std::span<const plan::Axis> axes) {
  std::size_t cells = stacks;
  for (const auto& axis : axes) cells *= axis.values.size();
  if (cells <= most_cells) return {};
  const Duration block = static_cast<std::int64_t>(cells) *
                         (options.warmup + options.duration + experiment::Cost{}.between);
  return fail(ErrorKind::usage,
              fmt::format("{} cells are too many: each block of them would take about {}", cells,
                          human(block)),
              fmt::format("{} at most: fewer stacks or fewer values", most_cells));
}

/// The workers of the cell in its own scenario. What is varied wins over what the scenario has for
/// the stack by name. Error: usage, where its settings do not fit this machine or one another.
Result<> settle(const chain::Subjects& subjects, std::span<const plan::Axis> axes,
                const std::vector<int>& usable, record::Cell& cell) {
  const int cores = static_cast<int>(usable.size());
  auto subject = subjects.of(cell);
  if (!subject) return std::unexpected(subject.error());
  scenario::Scenario& scenario = subject->scenario;
  const auto concurrency = subject->selection.spec->concurrency;
  for (const auto& axis : axes) {
    if (!plan::sets_workers(axis.knob)) continue;
    if (axis.knob != plan::workers_knob(cell)) {
      return fail(ErrorKind::usage,
                  fmt::format("--vary {}: it means nothing to {}, which is {}", axis.knob,
                              cell.stack, cell.concurrency),
                  "leave one of the two out");
    }
    scenario.workers_of.erase(cell.stack);
  }
  cell.workers = scenario.workers(cell.stack, concurrency, cores);
  if (auto there = scenario::check_cores(scenario, usable); !there) return there;
  if (auto fits = scenario::check_counts(scenario, cores, cell.workers); !fits) return fits;
  return scenario.check_sessions(cell.stack, concurrency, cell.workers, cores);
}

Result<> choose_baseline(const RunOptions& options, std::span<const plan::Axis> axes,
                         Request& request) {
  const std::string wanted = options.baseline.empty() ? "flask-gunicorn" : options.baseline;
  std::vector<std::string> labels;
  for (const auto& cell : request.cells) {
    labels.push_back(cell.label);
    const bool is_meant =
        wanted == cell.label || (plan::has_baseline_setting(cell, axes) &&
                                 (wanted == plan::name_of(cell) || wanted == cell.stack ||
                                  wanted == cell.stack + "@" + cell.vintage));
    if (is_meant) {
      request.baseline = cell.label;
      return {};
    }
  }
  if (options.baseline.empty()) {  // the first one named
    request.baseline = std::ranges::find_if(request.cells, [&](const auto& cell) {
                         return plan::has_baseline_setting(cell, axes);
                       })->label;
    return {};
  }
  const std::string near = did_you_mean(wanted, labels);
  return fail(ErrorKind::usage,
              fmt::format("the baseline '{}' is not in this run", printable(wanted)),
              near.empty() ? fmt::format("this run has: {}", join(labels, ", "))
                           : fmt::format("did you mean '{}'?", near));
}

Result<> choose_cells(const RunOptions& options, const std::vector<int>& usable, Request& request) {
  const auto stacks = cells_of(options, request);
  if (!stacks) return std::unexpected(stacks.error());
  const auto axes =
      axes_of(options, static_cast<int>(usable.size()), request.scenario, stacks->front());
  if (!axes) return std::unexpected(axes.error());
  if (auto few = check_number(options, stacks->size(), *axes); !few) return few;
  request.cells = plan::grid(*stacks, *axes);
  const chain::Subjects subjects(request.specs, request.scenario);
  for (auto& cell : request.cells) {
    if (auto settled = settle(subjects, *axes, usable, cell); !settled) return settled;
  }
  if (auto chosen = choose_baseline(options, *axes, request); !chosen) return chosen;
  if (options.noise_floor) {
    const auto& baseline =
        *std::ranges::find(request.cells, request.baseline, &record::Cell::label);
    request.cells.push_back(plan::double_of(baseline));
  }
  return {};
}

/// Every stack that there is, and where it is. Error: usage or environment.
Result<Request> with_stacks(const CommonOptions& common) {
  Request request;
  auto data = find_data();
  if (!data) return std::unexpected(data.error());
  request.data = *data;
  auto specs = known_stacks(common);
  if (!specs) return std::unexpected(specs.error());
  request.specs = std::move(*specs);
  return request;
}

}  // namespace

Result<std::vector<stack::StackSpec>> known_stacks(const CommonOptions& common) {
  const auto data = find_data();
  if (!data) return std::unexpected(data.error());
  const auto folders = stack_folders(*data, common);
  if (!folders) return std::unexpected(folders.error());
  return stack::load_stacks(*folders);
}

Result<Request> read_request(const CommonOptions& common, const RunOptions& options,
                             const std::vector<int>& usable) {
  auto request = with_stacks(common);
  if (!request) return request;
  auto loaded = scenario::load(request->data / "scenarios", options.scenario);
  if (!loaded) return std::unexpected(loaded.error());
  request->scenario = std::move(*loaded);
  for (const auto& assignment : options.set) {
    if (auto done = scenario::set_from_text(request->scenario, assignment); !done) {
      return std::unexpected(done.error());
    }
  }
  if (auto there = scenario::check_cores(request->scenario, usable); !there)
    return std::unexpected(there.error());
  if (auto done = choose_cells(options, usable, *request); !done)
    return std::unexpected(done.error());
  return request;
}

Result<Request> request_of(const record::Manifest& stored, const CommonOptions& common,
                           const std::vector<int>& usable) {
  auto request = with_stacks(common);
  if (!request) return request;
  request->scenario.name = stored.scenario;
  for (const auto& [knob, value] : stored.knobs) {
    if (auto done = scenario::set_text(request->scenario, knob, value); !done) {
      return std::unexpected(done.error());
    }
  }
  request->cells = stored.cells;
  request->baseline = stored.baseline;
  const chain::Subjects subjects(request->specs, request->scenario);
  for (auto& cell : request->cells) {
    const auto subject = subjects.of(cell);
    if (!subject) return std::unexpected(subject.error());
    cell.hash = subject->selection.spec->hash;
    if (auto there = scenario::check_cores(subject->scenario, usable); !there)
      return std::unexpected(there.error());
  }
  return request;
}

}  // namespace unrig::cli
