#include "cli/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/clock.h"
#include "cli/output.h"
#include "cli/records.h"
#include "experiment/forecast.h"
#include "host/facts.h"
#include "report/plan_report.h"

namespace unrig::cli {
namespace {

/// By the last runs of this home; an assumption where there is no store yet, and none is made.
Result<experiment::Cost> cost_here(const CommonOptions& common) {
  constexpr std::size_t enough = 10;
  if (!std::filesystem::exists(store_file(common))) return experiment::Cost{};
  std::vector<record::Run> runs;
  const auto store = open_store_to_read(common);
  if (!store) return std::unexpected(store.error());
  const auto lines = store->list();
  if (!lines) return std::unexpected(lines.error());
  const std::size_t skipped = lines->size() - std::min(enough, lines->size());
  for (auto line = lines->begin() + static_cast<std::ptrdiff_t>(skipped); line != lines->end();
       ++line) {
    // A damaged one tells nothing of what trials cost.
    if (auto run = store->read(line->run)) runs.push_back(std::move(*run));
  }
  experiment::Cost cost = experiment::cost_of(runs);
  const auto bytes = store->bytes_of_a_trial();
  if (!bytes) return std::unexpected(bytes.error());
  cost.record_bytes = bytes->value_or(cost.record_bytes);
  return cost;
}

}  // namespace

Result<int> print_plan(const CommonOptions& common, const campaign::Task& task,
                       std::span<const campaign::Sought> sought,
                       const std::optional<record::Run>& stored) {
  const auto cost = cost_here(common);
  if (!cost) return std::unexpected(cost.error());
  const SystemClock clock;
  record::Run run =
      stored ? *stored
             : record::Run{.manifest = campaign::manifest_of(task, host::facts(), clock.wall())};
  campaign::set_conduct(task, run.manifest);
  const experiment::Conduct conduct = campaign::conduct_of(task, clock, stored);
  const auto ahead = experiment::forecast(run, conduct.rule, conduct.phases, *cost);
  report::Planned planned{run.manifest, ahead, *cost, task.budget};
  for (const auto& what : sought) {
    planned.searches.push_back(fmt::format(
        "workers.{} with {}", is_async(what.concurrency) ? "async" : "sync", what.stack));
  }
  return exit_after(publish(common, report::plan_json(planned), report::plan_text(planned)));
}

}  // namespace unrig::cli
