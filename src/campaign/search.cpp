#include "campaign/search.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "analysis/noise.h"
#include "analysis/seen.h"
#include "analysis/tuning.h"
#include "campaign/campaign.h"
#include "host/facts.h"
#include "plan/workers.h"

namespace unrig::campaign {
namespace {

using scenario::Concurrency;

// A search takes 40 s on 2 cores: 7 numbers, of which 3 or so come again in three more blocks. The
// last trial may begin at the end of the budget.
constexpr plan::Phases search_phases{.warmup = std::chrono::milliseconds(300),
                                     .duration = std::chrono::milliseconds(700)};
constexpr int search_blocks = 4;
constexpr Duration search_budget = std::chrono::seconds(37);
/// Its steps are a factor of two apart, and on many machines somebody takes a little all the time.
constexpr double search_tolerated_loss = 0.1;
/// Others who spoil one are often gone by the next.
constexpr int search_attempts = 2;

scenario::Workers& workers_of(scenario::Scenario& scenario, Concurrency concurrency) {
  return is_async(concurrency) ? scenario.workers_async : scenario.workers_sync;
}

/// The stack with which a model is measured; see sought(). Empty: none has the vintage.
std::string usual_stack(Concurrency concurrency, const std::string& vintage,
                        std::span<const stack::StackSpec> specs,
                        std::span<const std::string> usual) {
  for (const auto& name : usual) {
    const auto spec = std::ranges::find(specs, name, &stack::StackSpec::name);
    if (spec != specs.end() && is_async(spec->concurrency) == is_async(concurrency) &&
        spec->vintage(vintage) != nullptr)
      return fmt::format("{}@{}", name, vintage);
  }
  return {};
}

/// Passes on what matters of a search; its trials are only what goes on now.
class SearchWatcher final : public experiment::Watcher {
 public:
  explicit SearchWatcher(experiment::Watcher& outer) : outer_(outer) {}
  void say(const std::string& line) override { outer_.say(line); }
  void passing(const std::string& line) override { outer_.passing(line); }
  void work(std::string_view what, std::size_t done, std::size_t of,
            const std::string& now) override {
    outer_.work(what, done, of, now);
  }
  void trial_begins(const record::Cell& cell, const plan::Place&, Duration) override {
    outer_.passing("looking for the number of workers: " + cell.label);
  }
  void trial_ended(const record::Cell&, const record::Trial&) override {}
  void cell_failed(const record::Cell&, const Error&) override {}
  void mended(const std::string& what) override { outer_.mended(what); }
  void wait_begins(const record::Run&, int, Duration) override {}
  void waits(const record::Disturbance&, Duration) override {}
  void wait_ended(bool, Duration) override {}

 private:
  experiment::Watcher& outer_;
};

/// Whether an earlier run looked for the same number under the same conditions.
bool same_search(const record::Manifest& now, const record::Manifest& earlier) {
  return earlier.search && analysis::is_tuning(earlier) &&
         record::same_stack(now.cells.front(), earlier.cells.front()) &&
         plan::workers_knob(now.cells.front()) == plan::workers_knob(earlier.cells.front()) &&
         analysis::same_conditions(now, earlier);
}

/// Whether it also measured the same programs and files.
bool same_versions(const record::Manifest& now, const record::Manifest& earlier) {
  const record::Cell& a = now.cells.front();
  const record::Cell& b = earlier.cells.front();
  return a.hash == b.hash && a.lock == b.lock && now.versions == earlier.versions;
}

/// The last search before that of `now` that was not spoiled.
Result<std::optional<record::Run>> stored_search(const record::Manifest& now,
                                                 const record::Store& store, bool of_versions) {
  auto runs = store.before(now, [&](const record::Manifest& earlier) {
    return same_search(now, earlier) && (!of_versions || same_versions(now, earlier));
  });
  if (!runs) return std::unexpected(runs.error());
  for (auto& run : *runs) {
    if (analysis::searched(run).spoiled.empty()) return std::optional(std::move(run));
  }
  return std::nullopt;
}

record::Tuned tuned_by(const record::Run& run, std::string how) {
  const record::Cell& cell = run.manifest.cells.front();
  auto found = analysis::searched(run);
  return {.knob = plan::workers_knob(cell),
          .stack = cell.stack + "@" + cell.vintage,
          .workers = found.best,
          .how = std::move(how),
          .run = run.manifest.run,
          .note = std::move(found.note),
          .tried = std::move(found.tried)};
}

/// In place of a search that is spoiled.
Result<record::Tuned> in_place_of(const record::Run& run, const std::string& spoiled,
                                  const record::Store& store) {
  const auto earlier = stored_search(run.manifest, store, false);
  if (!earlier) return std::unexpected(earlier.error());
  record::Tuned tuned;
  if (*earlier) {
    tuned = tuned_by(**earlier, "stored");
  } else {
    tuned = tuned_by(run, "rule of thumb");
    const auto& cells = run.manifest.cells;
    tuned.workers = std::ranges::find(cells, run.manifest.baseline, &record::Cell::label)->workers;
  }
  tuned.note = fmt::format("a search was spoiled: {}", spoiled);
  return tuned;
}

Result<record::Run> search(Begun begun, Site& site, record::Store& store,
                           experiment::Watcher& watcher, experiment::Stop& stop,
                           const Clock& clock) {
  if (auto kept = store.add_run(begun.run.manifest); !kept) return std::unexpected(kept.error());
  auto measured = conduct(std::move(begun), site, store, watcher, stop, clock);
  if (measured.error) return std::unexpected(*measured.error);
  if (measured.interrupted)
    return fail(ErrorKind::interrupted, "the search for numbers of workers was interrupted");
  return std::move(measured.run);
}

}  // namespace

std::vector<Sought> sought(std::span<const record::Cell> cells, const scenario::Scenario& scenario,
                           std::span<const stack::StackSpec> specs,
                           std::span<const std::string> usual) {
  std::vector<Sought> found;
  const auto add = [&](Sought one) {
    if (std::ranges::find(found, one) == found.end()) found.push_back(std::move(one));
  };
  const auto add_model = [&](Concurrency concurrency, const record::Cell& cell) {
    std::string stack = usual_stack(concurrency, cell.vintage, specs, usual);
    if (stack.empty()) stack = cell.stack + "@" + cell.vintage;
    const auto same_model = [&](const Sought& one) {
      return !one.of_stack && is_async(one.concurrency) == is_async(concurrency);
    };
    if (std::ranges::none_of(found, same_model))
      add({.concurrency = concurrency, .stack = std::move(stack)});
  };
  const auto is_varied = [&](std::string_view knob) {
    return std::ranges::any_of(cells, [&](const record::Cell& cell) {
      return std::ranges::find(cell.knobs, knob, &record::Pairs::value_type::first) !=
             cell.knobs.end();
    });
  };
  for (const auto& cell : cells) {
    const auto concurrency = *scenario::concurrency_from(cell.concurrency);
    if (!scenario.workers_of_model(concurrency).tuned || scenario.workers_of.contains(cell.stack) ||
        is_varied(plan::workers_knob(cell)))
      continue;
    if (scenario.workers_tuned_by == scenario::TunedBy::stack) {
      add({.concurrency = concurrency, .stack = cell.stack + "@" + cell.vintage, .of_stack = true});
    } else {
      add_model(concurrency, cell);
    }
  }
  if (scenario.counts_sync_workers() && scenario.workers_sync.tuned && !is_varied("workers.sync"))
    add_model(Concurrency::sync, cells.front());
  return found;
}

Result<Task> search_task(const Sought& what, scenario::Scenario scenario,
                         std::span<const stack::StackSpec> specs, std::span<const int> usable,
                         Task how) {
  const int cores = static_cast<int>(usable.size());
  scenario.workers_of.clear();
  workers_of(scenario, what.concurrency) = {.count = rule_of_thumb(what.concurrency)};
  auto numbers = plan::workers_to_search(scenario, what.concurrency, cores);
  // The baseline is what stands in for a search that is spoiled: the rule of thumb, or the most
  // where that is less. The first is it where the scenario's own is not among them.
  if (scenario.number(rule_of_thumb(what.concurrency), cores) > numbers.back())
    std::ranges::reverse(numbers);
  Asked asked;
  asked.stacks = {what.stack};
  asked.vary = {fmt::format("{}={}", is_async(what.concurrency) ? "workers.async" : "workers.sync",
                            fmt::join(numbers, ","))};
  auto choice = choose(asked, specs, scenario, usable);
  if (!choice) return std::unexpected(choice.error());
  how.scenario = scenario.name;
  how.knobs = in_force(scenario);
  how.cells = std::move(choice->cells);
  how.baseline = std::move(choice->baseline);
  how.blocks = search_blocks;
  how.phases = search_phases;
  how.fresh_blocks = 0;
  how.confirm_limiters = false;
  how.patience = Duration(0);
  how.accept_unproven = true;  // a stack is held against itself alone
  how.tolerated_loss = search_tolerated_loss;
  how.budget = search_budget;
  how.search = true;
  return how;
}

Result<record::Tuned> find_workers(const Task& task, bool anew, Site& site, record::Store& store,
                                   experiment::Watcher& watcher, experiment::Stop& stop,
                                   const Clock& clock) {
  SearchWatcher quiet(watcher);
  Begun begun{.run = {.manifest = manifest_of(task, host::facts(), clock.wall()), .trials = {}},
              .conduct = {}};
  if (auto ready = site.prepare(begun.run.manifest, quiet, stop.now.get_token()); !ready)
    return std::unexpected(ready.error());
  auto found = [&]() -> Result<record::Tuned> {
    if (!anew) {
      const auto stored = stored_search(begun.run.manifest, store, true);
      if (!stored) return std::unexpected(stored.error());
      if (*stored) return tuned_by(**stored, "stored");
    }
    for (int attempt = 1;; ++attempt) {
      begun.conduct = conduct_of(task, clock);
      const auto run = search(begun, site, store, quiet, stop, clock);
      if (!run) return std::unexpected(run.error());
      const std::string spoiled = analysis::searched(*run).spoiled;
      if (spoiled.empty()) return tuned_by(*run, "searched");
      if (attempt == search_attempts || analysis::noise_of(*run).disturbed == 0)
        return in_place_of(*run, spoiled, store);
      watcher.say(fmt::format("a search was spoiled: {}: looking once more", spoiled));
      auto& manifest = begun.run.manifest;
      const auto next = manifest_of(task, manifest.host, clock.wall());
      manifest.run = next.run;
      manifest.started_at = next.started_at;
    }
  }();
  if (found) watcher.say(analysis::to_text(*found));
  return found;
}

void use(const Sought& what, const record::Tuned& found, scenario::Scenario& scenario) {
  if (what.of_stack) {
    scenario.workers_of[what.stack.substr(0, what.stack.find('@'))] = {.fixed = found.workers};
  } else {
    workers_of(scenario, what.concurrency) = {.count = {.fixed = found.workers}};
  }
}

}  // namespace unrig::campaign
