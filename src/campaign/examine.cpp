#include "campaign/examine.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analysis/machine.h"
#include "chain/availability.h"
#include "chain/chain.h"
#include "chain/subject.h"
#include "host/local_host.h"
#include "host/probes.h"
#include "load/null_server.h"
#include "trial/measured.h"
#include "trial/noise.h"

namespace unrig::campaign {
namespace {

using record::Probes;
using record::Program;
using record::Reading;
using std::chrono::milliseconds;

constexpr Duration look_length = std::chrono::seconds(1);
constexpr int timer_sleeps = 400;
constexpr Duration generator_warmup = milliseconds(300);
constexpr Duration generator_window = milliseconds(1500);
constexpr plan::Phases chain_phases{.warmup = std::chrono::seconds(1),
                                    .duration = std::chrono::seconds(4)};

template <class T>
Program program_of(std::string name, std::string wanted_by, bool needed, const Result<T>& found) {
  Program program{.name = std::move(name), .wanted_by = std::move(wanted_by), .needed = needed};
  if (found) {
    program.found = std::string(*found);
  } else {
    program.missing = found.error().what;
    program.help = found.error().help;
  }
  return program;
}

/// What runs the stacks of each vintage, in the order of their names.
std::vector<Program> runners(const Intent& intent, const stack::Selection& planned,
                             runtime::Runtimes& runtimes) {
  std::vector<Program> programs;
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& spec : intent.specs) {
    for (const auto& vintage : spec.vintages) {
      if (!seen.emplace(vintage.name, spec.language).second) continue;
      const stack::Selection stack{&spec, vintage.name};
      const auto runtime = runtimes.of(stack);
      const auto found = runtime ? (*runtime)->find(stack) : std::unexpected(runtime.error());
      const bool is_planned =
          vintage.name == planned.vintage && spec.language == planned.spec->language;
      programs.push_back(program_of(fmt::format("{} of {}", spec.language, vintage.name),
                                    "every stack of that vintage", is_planned, found));
    }
  }
  std::ranges::sort(programs, {}, &Program::name);
  return programs;
}

std::vector<Program> programs_for(const Intent& intent, const stack::Selection& planned,
                                  host::Host& host, runtime::Runtimes& runtimes) {
  std::vector<Program> programs;
  for (const auto& [name, found] : chain::needed_programs(host))
    programs.push_back(program_of(name, "every stack", true, found));
  if (const auto runtime = runtimes.of(planned)) {
    const bool is_ready = (*runtime)->is_ready(planned);
    for (const auto& [name, found, always] : (*runtime)->tools()) {
      programs.push_back(program_of(name,
                                    always ? "the making of an environment"
                                           : "the making of an environment that compiles packages",
                                    always && !is_ready, found));
    }
  }
  const auto of_vintages = runners(intent, planned, runtimes);
  programs.insert(programs.end(), of_vintages.begin(), of_vintages.end());
  if (const auto user = host::find_service_user(); !user) {
    programs.push_back({.name = "service account",
                        .wanted_by = "a chain that root starts",
                        .missing = user.error().what,
                        .help = user.error().help});
  }
  return programs;
}

void measure_generator(const Intent& intent, const record::Demand& demand, const Clock& clock,
                       const std::stop_token& stop, Probes& probes) {
  load::Plan plan;
  plan.loop = load::ClosedLoop{.clients = demand.clients};
  plan.keep_alive = intent.scenario.client_keep_alive;
  plan.warmup = generator_warmup;
  plan.duration = generator_window;
  plan.cpus = intent.scenario.cores_of_load(host::usable_cores());
  const auto outcome = load::run_against_null_server(plan, clock, stop);
  const auto refuse = [&](const std::string& why) {
    probes.generator_per_s = probes.generator_cores = Reading<double>::not_checked(why);
  };
  if (!outcome) return refuse(outcome.error().what);
  if (outcome->completed_in_window == 0)
    return refuse("no request was answered: " + outcome->sample_failure());
  probes.generator_per_s = outcome->throughput();
  probes.generator_cores = seconds(outcome->generator.cpu) / seconds(outcome->window_length);
}

void measure_answers(const Clock& clock, Probes& probes) {
  if (const auto answers = host::split_answers(clock)) {
    probes.answer_with_nagle_us = microseconds(answers->with_nagle);
    probes.answer_without_nagle_us = microseconds(answers->without_nagle);
  } else {
    probes.answer_with_nagle_us = probes.answer_without_nagle_us =
        Reading<double>::not_checked(answers.error().what);
  }
}

/// One trial of the cell as a run would have it, with what is there already. Error: why there is
/// none.
Result<record::Trial> try_chain(const Intent& intent, const chain::Subject& subject,
                                process::Guard& guard, const Clock& clock, const Tell& tell,
                                const std::stop_token& stop) {
  auto chain = chain::Chain::open(intent.places, guard, clock, tell);
  if (!chain) return std::unexpected(chain.error());
  const auto runtime = chain->runtimes().of(subject.selection);
  if (!runtime) return std::unexpected(runtime.error());
  // Who serves may find another interpreter than who looked before.
  if (!(*runtime)->is_ready(subject.selection)) {
    return fail(ErrorKind::environment, "its environment has not been made yet",
                "unrig run " + subject.label);
  }
  if (auto confined = chain->confine({&subject.scenario, 1}); !confined)
    return std::unexpected(confined.error());
  trial::MeasuredBench bench(*chain, chain::Subjects(intent.specs, intent.scenario), clock,
                             static_cast<int>(host::usable_cores().size()));
  return bench.run(intent.task.cells.front(), chain_phases,
                   {.block = 1, .position = 1, .seed = intent.task.seed}, stop);
}

void measure_chain(const Result<record::Trial>& trial, Probes& probes) {
  const auto refuse = [&](const std::string& why) {
    probes.chain_difference = Reading<double>::not_checked(why);
  };
  if (!trial) return refuse(trial.error().what);
  // The first second is the warm-up's; what comes after the window is the drain.
  const auto& all = trial->seconds;
  const auto begin = static_cast<std::size_t>(seconds(chain_phases.warmup));
  const auto end = begin + static_cast<std::size_t>(seconds(chain_phases.duration));
  for (std::size_t i = begin; i < std::min(end, all.size()); ++i)
    probes.chain_per_s.push_back(static_cast<double>(all[i].completed));
  const bool served = probes.chain_per_s.size() > 1 &&
                      std::ranges::all_of(probes.chain_per_s, [](double rate) { return rate > 0; });
  if (!served) {
    probes.chain_per_s.clear();
    return refuse(
        fmt::format("{} did not serve throughout{}", trial->label,
                    trial->verdict.reasons.empty() ? "" : ": " + trial->verdict.reasons.front()));
  }
  probes.chain_stack = trial->label;
  probes.chain_difference = analysis::difference_of_seconds(probes.chain_per_s);
}

bool any_missing(const std::vector<Program>& programs) {
  return std::ranges::any_of(
      programs, [](const Program& program) { return program.needed && !program.missing.empty(); });
}

}  // namespace

record::Examination examine(const Intent& intent, process::Guard& guard, const Clock& clock,
                            const Tell& tell, const std::stop_token& stop) {
  const Task& task = intent.task;
  const record::Cell& cell = task.cells.front();
  host::LocalHost host(guard, clock);
  record::Examination seen{.unrig_version = task.unrig_version,
                           .unrig_commit = task.unrig_commit,
                           .started_at = iso8601(clock.wall()),
                           .scenario = task.scenario,
                           .knobs = task.knobs,
                           .demand = {},
                           .host = host.facts(),
                           .programs = {},
                           .probes = {},
                           .findings = {}};
  seen.demand = analysis::demand_of(intent.scenario, seen.host.cores, cell.workers);
  Probes& probes = seen.probes;
  tell("looks for programs");
  const auto subject = chain::Subjects(intent.specs, intent.scenario).of(cell);
  bool is_ready = false;
  if (subject) {
    runtime::Runtimes runtimes(intent.places, {guard, clock});
    seen.programs = programs_for(intent, subject->selection, host, runtimes);
    const auto runtime = runtimes.of(subject->selection);
    is_ready = runtime && (*runtime)->is_ready(subject->selection);
  }
  if (const auto room = host.free_bytes(intent.places.home)) {
    probes.disk_free_bytes = *room;
  } else {
    probes.disk_free_bytes =
        Reading<std::int64_t>::not_checked("the file system of --home does not tell");
  }
  tell("looks at what others do");
  probes.around = trial::look_around(clock, look_length, [&] { return stop.stop_requested(); });
  tell("measures timers and small answers");
  const auto late = host::timer_lateness(clock, timer_sleeps);
  probes.timer_p50_us = microseconds(late.p50);
  probes.timer_p99_us = microseconds(late.p99);
  probes.timer_max_us = microseconds(late.most);
  measure_answers(clock, probes);
  tell("measures the load generator against a server that does nothing");
  measure_generator(intent, seen.demand, clock, stop, probes);
  if (!subject) {
    probes.chain_difference = Reading<double>::not_checked(subject.error().what);
  } else if (any_missing(seen.programs)) {
    probes.chain_difference = Reading<double>::not_checked("programs of the chain are missing");
  } else if (!is_ready) {
    probes.chain_difference = Reading<double>::not_checked(fmt::format(
        "{} has no environment yet, which `unrig run {}` makes", cell.label, cell.label));
  } else {
    tell(fmt::format("measures how far seconds of {} differ", cell.label));
    measure_chain(try_chain(intent, *subject, guard, clock, tell, stop), probes);
  }
  seen.findings = analysis::findings_of(seen);
  seen.fit = analysis::is_fit(seen.findings);
  return seen;
}

}  // namespace unrig::campaign
