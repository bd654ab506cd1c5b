#include "cli/measure.h"

#include <fmt/format.h>

#include "base/text.h"
#include "campaign/stack_site.h"
#include "campaign/url_site.h"
#include "cli/gates.h"
#include "cli/interrupt.h"
#include "cli/records.h"
#include "process/process.h"
#include "report/progress.h"
#include "runtime/python/runtime.h"
#include "scenario/knobs.h"

namespace unrig::cli {
namespace {

/// Store, progress and interrupt of one campaign. Made before the site, which tells the progress
/// until it ends.
struct Terminal {
  Terminal(const CommonOptions& options, const campaign::Task& task,
           process::Guard* guard = nullptr)
      : common(options),
        interrupt(Interrupt::First::finishes_trial, guard),
        progress(stderr, report::choose_style(common.quiet, common.plain), clock,
                 campaign::expected_trials(task), task.accept_noise) {}

  Result<campaign::Measured> conduct(const campaign::Task& task, campaign::Site& site,
                                     std::optional<record::Run> stored = {}) {
    auto store = open_store(common);
    if (!store) return std::unexpected(store.error());
    auto begun =
        campaign::begin(task, site, *store, progress, interrupt.stop(), clock, std::move(stored));
    if (!begun) return std::unexpected(begun.error());
    interrupt.measuring();
    auto measured =
        campaign::conduct(std::move(*begun), site, *store, progress, interrupt.stop(), clock);
    progress.say("");
    return measured;
  }
  [[nodiscard]] trial::TimesResumed times_resumed() const {
    return [this] { return interrupt.times_resumed(); };
  }

  const CommonOptions& common;
  SystemClock clock;
  Interrupt interrupt;
  report::Progress progress;
};

campaign::StackSite site_of(const CommonOptions& common, const Named& named,
                            const scenario::Scenario& scenario, process::Guard& guard,
                            const Terminal& terminal) {
  return {{.data = named.data,
           .home = std::filesystem::absolute(common.home),
           .programs = runtime::python::program(named.task.python)},
          named.specs,
          scenario,
          guard,
          terminal.clock,
          terminal.times_resumed()};
}

/// The same load for both. Error: usage.
Result<std::vector<trial::UrlTarget>> targets_of(LoadOptions load, const std::string& a,
                                                 const std::string& b) {
  if (load.rate && load.rate->to) {
    return fail(ErrorKind::usage, "--rate: a comparison takes one rate, not a ramp",
                "write it like --rate 1000/s");
  }
  const auto inputs = read_inputs(load);
  if (!inputs) return std::unexpected(inputs.error());
  std::vector<trial::UrlTarget> targets;
  for (const std::string& url : {a, b}) {
    load.url = url;
    auto plan = plan_of(load, *inputs);
    if (!plan) return std::unexpected(plan.error());
    targets.push_back({.url = url, .plan = std::move(*plan)});
  }
  return targets;
}

/// What was expected of an answer besides the usual, in TOML.
record::Pairs rules_of(const load::Expectation& expect) {
  record::Pairs rules;
  if (expect.status != load::Expectation{}.status)
    rules.emplace_back("expect.status", std::to_string(expect.status));
  if (expect.length)
    rules.emplace_back("expect.length", fmt::format("\"{}\"", to_text(*expect.length)));
  std::vector<std::string> members;
  for (const auto& member : expect.members) {
    members.push_back(fmt::format("{} = {}", http::json_text(http::path_of(member)),
                                  http::json_text(member.value)));
  }
  if (!members.empty())
    rules.emplace_back("expect.json", fmt::format("{{{}}}", join(members, ", ")));
  return rules;
}

/// The settings of the load under the names that a scenario has for them.
record::Pairs knobs_of(const LoadOptions& load) {
  scenario::Scenario settings;
  settings.clients = {.fixed = load.clients};
  settings.think_time = load.think_time;
  if (load.rate) settings.arrival_rate = load.rate->from;
  settings.arrival_process = load.arrivals;
  settings.client_keep_alive = !load.no_keep_alive;
  settings.client_timeout = load.timeout;
  record::Pairs pairs;
  for (const auto& knob : scenario::knobs()) {
    const bool of_load = knob.name == "clients" || knob.name == "think_time" ||
                         knob.name.starts_with("arrival.") || knob.name.starts_with("client.");
    if (of_load) pairs.emplace_back(knob.name, knob.get(settings));
  }
  for (auto& rule : rules_of(load.expect)) pairs.push_back(std::move(rule));
  return pairs;
}

}  // namespace

Result<> find_workers(const CommonOptions& common, const RunOptions& options,
                      std::span<const int> usable, process::Guard& guard, Named& named) {
  if (named.sought.empty()) return {};
  const auto scenario = searched_in(named, options);
  if (!scenario) return std::unexpected(scenario.error());
  auto store = open_store(common);
  if (!store) return std::unexpected(store.error());
  std::vector<record::Tuned> found;
  for (const auto& what : named.sought) {
    const auto task = campaign::search_task(what, *scenario, named.specs, usable,
                                            how_to_measure(common, options));
    if (!task) return std::unexpected(task.error());
    Terminal terminal(common, *task, &guard);
    auto site = site_of(common, named, *scenario, guard, terminal);
    auto number = campaign::find_workers(*task, options.retune, site, *store, terminal.progress,
                                         terminal.interrupt.stop(), terminal.clock);
    if (!number) return std::unexpected(number.error());
    found.push_back(std::move(*number));
  }
  return use(found, options, usable, named);
}

Result<> match_machine(const CommonOptions& common, const RunOptions& options,
                       std::span<const int> usable, process::Guard& guard, Named& named) {
  if (options.match.empty()) return {};
  const auto matching = matching_of(options, usable, named);
  if (!matching) return std::unexpected(matching.error());
  auto store = open_store(common);
  if (!store) return std::unexpected(store.error());
  const auto task =
      campaign::match_task(matching->cell, matching->scenario, how_to_measure(common, options));
  Terminal terminal(common, task, &guard);
  auto site = site_of(common, named, matching->scenario, guard, terminal);
  const auto found =
      campaign::match(task, matching->target, matching->scenario.machine_cpu, site, *store,
                      terminal.progress, terminal.interrupt.stop(), terminal.clock);
  if (!found) return std::unexpected(found.error());
  return use(*found, options, usable, named);
}

Result<campaign::Measured> measure(const CommonOptions& common, const Named& named,
                                   process::Guard& guard, std::optional<record::Run> stored) {
  Terminal terminal(common, named.task, &guard);
  auto site = site_of(common, named, named.scenario, guard, terminal);
  return terminal.conduct(named.task, site, std::move(stored));
}

Result<campaign::Measured> measure_urls(const CommonOptions& common, const RunOptions& options,
                                        const LoadOptions& load, const std::string& a,
                                        const std::string& b) {
  LoadOptions slice = load;
  slice.warmup = options.warmup;
  slice.duration = options.duration;
  auto targets = targets_of(slice, a, b);
  if (!targets) return std::unexpected(targets.error());
  campaign::Task task = how_to_measure(common, options);
  task.scenario = "urls";
  task.knobs = knobs_of(load);
  task.cells = campaign::cells_of(a, b);
  task.baseline = task.cells.back().label;
  if (auto done = use(options.gates, task); !done) return std::unexpected(done.error());
  tell_missing_calls(common);
  Terminal terminal(common, task);
  campaign::UrlSite site(std::move(*targets), terminal.clock, terminal.times_resumed());
  return terminal.conduct(task, site);
}

}  // namespace unrig::cli
