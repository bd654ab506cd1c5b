#include "campaign/choice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <set>

#include "base/text.h"
#include "chain/subject.h"
#include "experiment/forecast.h"
#include "plan/cells.h"
#include "plan/layers.h"
#include "plan/workers.h"
#include "scenario/knobs.h"

namespace unrig::campaign {
namespace {

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
          .own_request = spec.own ? spec.own->text() : "",
          .label = spec.name + "@" + selection.vintage};
}

/// One cell per name, labelled.
Result<std::vector<record::Cell>> cells_of(const Asked& asked,
                                           std::span<const stack::StackSpec> specs) {
  std::vector<record::Cell> cells;
  std::set<std::string> vintages;
  for (const auto& name : asked.stacks) {
    const auto selection = stack::select(specs, name, asked.vintage);
    if (!selection) return std::unexpected(selection.error());
    record::Cell cell = cell_of(*selection);
    if (std::ranges::find(cells, cell.label, &record::Cell::label) != cells.end()) {
      return fail(ErrorKind::usage, fmt::format("{} is named twice", printable(name)),
                  "name it once; --noise-floor measures the baseline beside itself");
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
Result<std::vector<plan::Axis>> axes_of(const Asked& asked, int cores,
                                        const scenario::Scenario& scenario,
                                        const record::Cell& first) {
  const auto concurrency = *scenario::concurrency_from(first.concurrency);
  const int own = scenario.workers(first.stack, concurrency, cores);
  std::vector<std::string> vary = asked.vary;
  if (asked.tune) {
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
    if (plan::sets_workers(axis->knob) &&
        std::ranges::find(axis->values, "\"tuned\"") != axis->values.end()) {
      return fail(ErrorKind::usage, fmt::format("--vary {}: tuned is no number", axis->knob),
                  "name the numbers, or find one with --tune");
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
Result<> check_number(const Asked& asked, std::size_t stacks, std::span<const plan::Axis> axes) {
  std::size_t cells = stacks;
  for (const auto& axis : axes) cells *= axis.values.size();
  if (cells <= most_cells) return {};
  const Duration block = static_cast<std::int64_t>(cells) *
                         (asked.phases.warmup + asked.phases.duration + experiment::Cost{}.between);
  return fail(ErrorKind::usage,
              fmt::format("{} cells are too many: each block of them would take about {}", cells,
                          human(block)),
              fmt::format("{} at most: fewer stacks or fewer values", most_cells));
}

/// Error: usage: something is varied that an application of somebody's own knows nothing of.
Result<> check_own(std::span<const plan::Axis> axes, const record::Cell& cell) {
  for (const auto& axis : axes) {
    if (!chain::means_nothing_to_own(axis.knob)) continue;
    return fail(ErrorKind::usage,
                fmt::format("--vary {}: it means nothing to {}, whose request and database are its "
                            "own",
                            axis.knob, cell.stack),
                "vary clients, workers, the proxy or CPU time");
  }
  return {};
}

/// The workers of the cell in its own scenario. What is varied wins over what the scenario has for
/// the stack by name. Error: usage, where its settings do not fit this machine or one another.
Result<> settle(const chain::Subjects& subjects, std::span<const plan::Axis> axes,
                std::span<const int> usable, record::Cell& cell) {
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
  if (auto way = subjects.check_way(*subject); !way) return way;
  if (subject->selection.spec->own) {
    if (auto done = check_own(axes, cell); !done) return done;
  }
  cell.workers = scenario.workers(cell.stack, concurrency, cores);
  if (auto there = scenario::check_cores(scenario, usable); !there) return there;
  if (auto fits = scenario::check_counts(scenario, cores, cell.workers); !fits) return fits;
  return scenario.check_sessions(cell.stack, concurrency, cell.workers, cores);
}

/// The layers of the chain that can be changed for the cell.
std::vector<record::Pairs> layers_of(const chain::Subjects& subjects, const record::Cell& cell) {
  auto changes = plan::layer_changes(subjects.of_run());
  const auto subject = subjects.of(cell);
  if (subject && subject->selection.spec->own) {
    std::erase_if(changes, [](const record::Pairs& change) {
      return chain::means_nothing_to_own(change.front().first);
    });
  }
  return changes;
}

/// The label that `asked` means by its baseline.
Result<std::string> baseline_of(const Asked& asked, std::span<const plan::Axis> axes,
                                const std::vector<record::Cell>& cells) {
  const std::string wanted = asked.baseline.empty() ? "flask-gunicorn" : asked.baseline;
  std::vector<std::string> labels;
  std::string first;
  for (const auto& cell : cells) {
    labels.push_back(cell.label);
    if (wanted == cell.label) return cell.label;
    if (!plan::has_baseline_setting(cell, axes)) continue;
    if (wanted == cell.stack || wanted == cell.stack + "@" + cell.vintage) return cell.label;
    if (first.empty()) first = cell.label;
  }
  if (asked.baseline.empty()) return first;
  const std::string near = did_you_mean(wanted, labels);
  return fail(ErrorKind::usage,
              fmt::format("the baseline '{}' is not in this run", printable(wanted)),
              near.empty() ? fmt::format("this run has: {}", join(labels, ", "))
                           : fmt::format("did you mean '{}'?", near));
}

}  // namespace

record::Pairs in_force(const scenario::Scenario& scenario) {
  record::Pairs pairs;
  for (const auto& knob : scenario::knobs()) pairs.emplace_back(knob.name, knob.get(scenario));
  return pairs;
}

Result<Choice> choose(const Asked& asked, std::span<const stack::StackSpec> specs,
                      const scenario::Scenario& scenario, std::span<const int> usable) {
  assert(!asked.stacks.empty());
  const auto stacks = cells_of(asked, specs);
  if (!stacks) return std::unexpected(stacks.error());
  const auto axes = axes_of(asked, static_cast<int>(usable.size()), scenario, stacks->front());
  if (!axes) return std::unexpected(axes.error());
  if (auto few = check_number(asked, stacks->size(), *axes); !few)
    return std::unexpected(few.error());
  const chain::Subjects subjects(specs, scenario);
  Choice choice{.cells = asked.layers
                             ? plan::changed(stacks->front(), layers_of(subjects, stacks->front()))
                             : plan::grid(*stacks, *axes),
                .baseline = {}};
  for (auto& cell : choice.cells) {
    if (auto settled = settle(subjects, *axes, usable, cell); !settled)
      return std::unexpected(settled.error());
  }
  auto baseline = baseline_of(asked, *axes, choice.cells);
  if (!baseline) return std::unexpected(baseline.error());
  choice.baseline = std::move(*baseline);
  if (asked.noise_floor) {
    const auto& own = *std::ranges::find(choice.cells, choice.baseline, &record::Cell::label);
    choice.cells.push_back(plan::double_of(own));
  }
  return choice;
}

}  // namespace unrig::campaign
