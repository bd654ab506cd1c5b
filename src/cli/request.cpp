#include "cli/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/regular_file.h"
#include "base/text.h"
#include "cli/places.h"
#include "cli/tune.h"
#include "plan/cells.h"

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

Result<> choose_cells(const RunOptions& options, int cores, Request& request) {
  const auto names = names_of(options, request);
  if (!names) return std::unexpected(names.error());
  std::set<std::string> vintages;
  for (const auto& name : *names) {
    const auto selection = stack::select(request.specs, name, options.vintage);
    if (!selection) return std::unexpected(selection.error());
    const auto& spec = *selection->spec;
    record::Cell cell = cell_of(*selection);
    cell.workers = request.scenario.workers(spec.name, spec.concurrency, cores);
    if (auto fits = scenario::check_counts(request.scenario, cores, cell.workers); !fits)
      return fits;
    vintages.insert(selection->vintage);
    const auto same = [&](const record::Cell& other) { return other.label == cell.label; };
    if (std::any_of(request.cells.begin(), request.cells.end(), same)) {
      return fail(ErrorKind::usage, fmt::format("{} is named twice", name));
    }
    if (auto enough =
            request.scenario.check_sessions(spec.name, spec.concurrency, cell.workers, cores);
        !enough) {
      return enough;
    }
    request.cells.push_back(std::move(cell));
  }
  for (auto& cell : request.cells) {
    if (vintages.size() == 1) cell.label = cell.stack;
  }
  return {};
}

Result<> choose_baseline(const RunOptions& options, Request& request) {
  const std::string wanted = options.baseline.empty() ? "flask-gunicorn" : options.baseline;
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < request.cells.size(); ++i) {
    const auto& cell = request.cells[i];
    labels.push_back(cell.label);
    if (wanted == cell.label || wanted == cell.stack || wanted == cell.stack + "@" + cell.vintage) {
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

void tune(const RunOptions& options, int cores, Request& request) {
  const record::Cell& own = request.cells.front();
  const auto numbers =
      options.workers.empty()
          ? workers_to_try(request.scenario, *scenario::concurrency_from(own.concurrency),
                           own.workers, cores)
          : options.workers;
  spread_over_workers(request, numbers);
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
  const int cores = static_cast<int>(usable.size());
  Request request;
  auto data = find_data();
  if (!data) return std::unexpected(data.error());
  request.data = *data;
  if (options.from_manifest) {
    request.scenario.name = options.scenario;
    for (const auto& [stack, workers] : options.workers_of) {
      request.scenario.workers_of[stack] = {.fixed = workers};
    }
  } else {
    auto loaded = scenario::load(*data / "scenarios", options.scenario);
    if (!loaded) return std::unexpected(loaded.error());
    request.scenario = std::move(*loaded);
  }
  for (const auto& assignment : options.set) {
    if (auto done = scenario::set_from_text(request.scenario, assignment); !done) {
      return std::unexpected(done.error());
    }
  }
  if (auto there = scenario::check_cores(request.scenario, usable); !there)
    return std::unexpected(there.error());
  auto specs = known_stacks(common);
  if (!specs) return std::unexpected(specs.error());
  request.specs = std::move(*specs);
  if (auto done = choose_cells(options, cores, request); !done)
    return std::unexpected(done.error());
  if (auto done = choose_baseline(options, request); !done) return std::unexpected(done.error());
  if (options.noise_floor) {
    request.cells.push_back(plan::double_of(request.cells[request.baseline]));
  }
  if (options.tune) tune(options, cores, request);
  return request;
}

}  // namespace unrig::cli
