#include "cli/measure_urls.h"

#include <fmt/format.h>

#include "base/plural.h"
#include "base/random.h"
#include "base/text.h"
#include "cli/session.h"
#include "trial/url_bench.h"

namespace unrig::cli {
namespace {

/// The same load for both. Error: usage.
Result<std::vector<trial::UrlTarget>> targets_of(LoadOptions load, const std::string& a,
                                                 const std::string& b) {
  if (load.rate && load.rate->to) {
    return fail(ErrorKind::usage, "--rate: a comparison takes one rate, not a ramp");
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

/// The settings of the load under the names that a scenario has for them.
record::Pairs knobs_of(const LoadOptions& load) {
  scenario::Scenario settings;
  settings.clients = {.fixed = load.clients};
  settings.think_time = load.think_time;
  if (load.rate) settings.arrival_rate = load.rate->from;
  settings.arrival_process = load.arrivals == load::Arrivals::poisson ? scenario::Process::poisson
                                                                      : scenario::Process::constant;
  settings.client_keep_alive = !load.no_keep_alive;
  settings.client_timeout = load.timeout;
  record::Pairs pairs;
  for (const auto& knob : scenario::knobs()) {
    const bool of_load = knob.name == "clients" || knob.name == "think_time" ||
                         knob.name.starts_with("arrival.") || knob.name.starts_with("client.");
    if (of_load) pairs.emplace_back(knob.name, knob.get(settings));
  }
  return pairs;
}

/// That two URLs answer differently is no fault, but whoever reads the ratio must know it.
std::string note_on(const trial::UrlTarget& a, const trial::UrlTarget& b) {
  const std::string& of_a = *a.plan.expected_body;
  const std::string& of_b = *b.plan.expected_body;
  if (of_a == of_b) return {};
  return fmt::format("answers with another body than {} ({} bytes, {} there)", a.url, of_b.size(),
                     of_a.size());
}

void add_cells(record::Manifest& manifest, const std::vector<trial::UrlTarget>& targets) {
  const auto cell_of = [](const trial::UrlTarget& target) {
    return record::Cell{.stack = target.url, .label = target.url};
  };
  record::Cell a = cell_of(targets.front());
  record::Cell b = cell_of(targets.back());
  if (a.label == b.label) b.label += " (again)";
  b.note = note_on(targets.front(), targets.back());
  manifest.baseline = b.label;
  manifest.cells = {std::move(a), std::move(b)};
}

std::string heading(const record::Manifest& manifest, const LoadOptions& load) {
  return fmt::format("run {}  seed {}: {} of two URLs, each {:g} s warm-up and {:g} s measured, {}",
                     manifest.run, manifest.seed,
                     manifest.blocks > 0 ? counted(manifest.blocks, "block") : "blocks",
                     manifest.warmup_seconds, manifest.duration_seconds,
                     load.rate ? fmt::format("{:g}/s", load.rate->from.per_second)
                               : counted(load.clients, "client"));
}

}  // namespace

Result<Measured> measure_urls(const CommonOptions& common, const RunOptions& options,
                              const LoadOptions& load, const std::string& a, const std::string& b) {
  LoadOptions slice = load;
  slice.warmup = options.warmup;
  slice.duration = options.duration;
  auto targets = targets_of(slice, a, b);
  if (!targets) return std::unexpected(targets.error());
  auto store = open_store(common);
  if (!store) return std::unexpected(store.error());
  const SystemClock clock;
  tell_missing_calls(common);
  Interrupt interrupt;
  for (auto& target : *targets) {
    auto learnt = trial::learn_answer(target, clock, interrupt.stop().now.get_token());
    if (!learnt) return std::unexpected(learnt.error());
  }

  const host::Facts facts = host::facts();
  const std::uint64_t seed = options.seed ? *options.seed : fresh_seed();
  Measured measured{.run = {.manifest = new_manifest(common, options, facts, seed, clock.wall())}};
  record::Manifest& manifest = measured.run.manifest;
  manifest.scenario = "urls";
  manifest.knobs = knobs_of(load);
  add_cells(manifest, *targets);
  if (auto kept = store->add_run(manifest); !kept) return std::unexpected(kept.error());

  const experiment::Plan plan = new_plan(options, manifest, clock);
  report::Progress progress(stderr, report::choose_style(common.quiet, common.plain), clock,
                            experiment::expected_trials(plan.rule, manifest.cells.size()),
                            options.accept_noise);
  progress.say(heading(manifest, load));
  trial::UrlBench bench(std::move(*targets), clock, facts.cores,
                        [&interrupt] { return interrupt.times_resumed(); });
  conduct(plan, bench, *store, progress, interrupt, clock, measured);
  return measured;
}

}  // namespace unrig::cli
