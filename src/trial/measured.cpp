#include "trial/measured.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "chain/questions.h"
#include "chain/row.h"
#include "host/facts.h"
#include "load/load.h"
#include "runtime/runtime.h"
#include "trial/figures.h"
#include "trial/judge.h"
#include "trial/limiter.h"
#include "trial/noise.h"
#include "trial/outcome.h"
#include "trial/row_check.h"
#include "trial/under_way.h"
#include "trial/warm.h"
#include "trial/watch.h"
#include "trial/work.h"

namespace unrig::trial {
namespace {

using std::chrono::milliseconds;

record::Conditions conditions_of(const chain::Subject& cell, int cores) {
  const scenario::Scenario& s = cell.scenario;
  const bool asks = s.db_connection != scenario::Connection::none;
  return {.asks_database = asks,
          .own_application = cell.selection.spec->own.has_value(),
          .open_loop = s.arrival_rate.has_value(),
          .clients = s.number(s.clients, cores, cell.workers),
          .sessions = s.number(s.db_sessions, cores, cell.workers),
          .delay_us = asks ? microseconds(s.db_delay) : 0,
          .cores = cores,
          .chain_cores = s.cores(cores),
          .quota_cpus = s.machine_cpu,
          .quotas = record::Quotas::in(s),
          .watches_signals = s.watch_signals,
          .concurrency = cell.selection.spec->concurrency,
          .worker = cell.selection.spec->worker};
}

/// More load before, of what gets faster by it. Rows that were drawn twice then are nobody's
/// business.
Result<std::optional<record::WarmUp>> warm(const stack::StackSpec& spec, load::Plan plan,
                                           const plan::Phases& phases, chain::RowRule rule,
                                           const Clock& clock, const std::stop_token& stop) {
  if (!runtime::compiles_while_it_runs(spec.language)) return std::nullopt;
  const RowCheck check(rule);
  plan.check = &check;
  return warm_up(plan, phases, clock, stop);
}

/// Loads the chain while it is watched.
Result<load::Outcome> put_under_load(Samplers& samplers, const Clock& clock, load::Plan plan,
                                     const plan::Phases& phases, const std::stop_token& stop) {
  begin_watch(samplers);
  // The generator's threads need some tens of milliseconds; the watch must see the same window.
  plan.start = clock.now() + milliseconds(100);
  Result<load::Outcome> outcome = fail(ErrorKind::internal, "the load did not run");
  // A load that failed at once leaves nothing to be watched.
  std::stop_source over;
  const std::stop_callback relay(stop, [&over] { over.request_stop(); });
  std::jthread generator([&] {
    outcome = load::run(plan, clock, stop);
    if (!outcome) over.request_stop();
  });
  watch(samplers, clock, plan.start, phases, over.get_token());
  generator.join();
  end_watch(samplers, clock);
  return outcome;
}

/// How far the window that was watched lies from the one that was loaded.
Duration watch_shift(const CpuSampler& seen, const load::Outcome& outcome,
                     const plan::Phases& phases) {
  const Instant begin = outcome.start + phases.warmup;
  return std::max(std::chrono::abs(seen.first_at() - begin),
                  std::chrono::abs(seen.last_at() - (begin + phases.duration)));
}

void fill_counters(record::Trial& trial, const Result<chain::DatabaseCounters>& counters,
                   bool has_pooler) {
  if (!counters) {
    trial.could_not_read(std::string(counters_figure), counters.error().what);
    trial.signals.sessions.query_seconds = trial.signals.sessions.wait_seconds =
        record::Reading<double>::not_checked(counters.error().what);
    return;
  }
  trial.db.rows_read = counters->rows_read;
  trial.db.transactions = counters->transactions;
  trial.db.connections = counters->connections;
  if (!counters->connections) {
    trial.could_not_read("connections of the application",
                         "a pooler in transaction mode does not say how many clients have left it");
  }
  trial.db.sessions_opened = counters->sessions;
  trial.db.statements = counters->statements.kinds;
  trial.db.statements_lost = counters->statements.lost;
  trial.db.role_changes = counters->role_changes;
  if (has_pooler) {
    trial.db.queries = counters->queries;
    trial.signals.sessions.query_seconds = seconds(counters->query_time);
    trial.signals.sessions.wait_seconds = seconds(counters->wait_time);
  } else {
    constexpr const char* why = "only a pooler counts them, and there is none";
    trial.could_not_read("queries", why);
    trial.signals.sessions.query_seconds = trial.signals.sessions.wait_seconds =
        record::Reading<double>::not_checked(why);
  }
}

/// Of an application whose database is its own nobody can be asked.
void note_uncounted(record::Trial& trial) {
  const std::string why(stack::own_database);
  trial.db = {};  // nobody used unrig's
  for (const std::string_view what : {counters_figure, std::string_view("database sessions")})
    trial.could_not_read(std::string(what), why);
  trial.signals.sessions.query_seconds = trial.signals.sessions.wait_seconds =
      record::Reading<double>::not_checked(why);
}

/// What the trial is held against, and was not.
void note_unseen(record::Trial& trial, const record::Cell& planned, const Lives& lives) {
  if (!trial.inspected) {
    trial.could_not_read(
        "whether it worked as it did when it was looked at",
        planned.audit.not_made.empty() ? "nobody looked before the trial" : planned.audit.not_made);
  } else {
    if (trial.conditions->asks_database && trial.inspected->statements.empty())
      trial.could_not_read("whether it ran the statements that it ran when it was looked at",
                           "the database counted none then");
    const auto& census = trial.signals.census;
    if (!census.processes || !trial.inspected->processes) {
      trial.could_not_read("whether it had the processes that it had when it was looked at",
                           census.processes ? "nobody counted them then" : census.processes.why());
    } else if (!census.serving || !trial.inspected->serving) {
      trial.could_not_read("whether those served that served when it was looked at",
                           census.serving ? "nobody was seen to serve then" : census.serving.why());
    }
  }
  if (!lives.sees_all()) {
    trial.could_not_read("whether the parts of the chain lived through it",
                         "/proc shows no processes");
  }
  if (!lives.knows_places()) {
    trial.could_not_read("whether the parts of the chain stayed where unrig put them",
                         "unrig itself was moved before, or the kernel does not tell");
  }
}

}  // namespace

load::Plan plan_for(const chain::Subject& cell, const plan::Phases& phases,
                    const plan::Place& place, int cores, const host::Endpoint& front,
                    const load::BodyCheck& check) {
  const scenario::Scenario& s = cell.scenario;
  load::Plan plan;
  plan.address = load::address_of(front);
  if (const auto& own = cell.selection.spec->own) {
    plan.request = own->request;
    plan.expect = own->expect;
  } else if (s.app_key == scenario::AppKey::request) {
    plan.request.path = chain::path_for(0);
    plan.keys = load::Keys{.count = chain::row_count, .digits = chain::key_digits};
  } else {
    plan.request.path = chain::path_for(std::nullopt);
  }
  const int clients = s.number(s.clients, cores, cell.workers);
  if (s.arrival_rate) {
    plan.loop = load::OpenLoop{.rate = *s.arrival_rate,
                               .end_rate = std::nullopt,
                               .arrivals = s.arrival_process,
                               .connections = clients};
  } else {
    plan.loop = load::ClosedLoop{.clients = clients, .think_time = s.think_time};
  }
  plan.keep_alive = s.client_keep_alive;
  plan.warmup = phases.warmup;
  plan.duration = phases.duration;
  plan.timeout = s.client_timeout;
  plan.cpus = s.cores_of_load(host::usable_cores());
  // It would have CPU time beyond the machine's.
  plan.real_time = s.load_real_time && !s.machine_with_load;
  plan.seed = place.seed;
  if (!cell.selection.spec->own) plan.check = &check;
  return plan;
}

Result<> MeasuredBench::mend() {
  chain_.stop_all();
  return {};
}

Result<record::Trial> MeasuredBench::run(const record::Cell& planned, const plan::Phases& phases,
                                         const plan::Place& place, std::stop_token stop) {
  const auto found = subjects_.of(planned);
  if (!found) return std::unexpected(found.error());
  const chain::Subject& cell = *found;
  record::Trial trial = new_trial(planned, place, clock_);
  if (auto done = chain_.configure(cell.scenario, cell.workers); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = chain_.begin_trial(); !done) return std::unexpected(done.error());
  if (auto up = chain_.start_app(cell.selection, cell.scenario, cell.workers); !up) {
    chain_.stop_app();
    // What stands behind a stack is no fault of the stack.
    if (auto answer = chain_.check_services(); !answer) return std::unexpected(answer.error());
    return fail(ErrorKind::measurement, up.error().what, up.error().help);
  }

  const RowCheck check(chain_.row_rule(cell.scenario.db_connection));
  const load::Plan plan = plan_for(cell, phases, place, cores_, chain_.front(), check);
  Samplers samplers = samplers_of(chain_, clock_, cell.scenario, times_resumed_, standing_);
  if (auto limited = chain_.limit(cell.scenario); !limited) {
    return std::unexpected(limited.error());
  }
  auto warmed = warm(*cell.selection.spec, plan, phases,
                     chain_.row_rule(cell.scenario.db_connection), clock_, stop);
  const auto outcome = warmed ? put_under_load(samplers, clock_, plan, phases, stop)
                              : std::unexpected(warmed.error());
  chain_.lift_limit();
  const chain::Asked ready = chain_.ready_requests();
  chain_.stop_app();
  if (!outcome) return std::unexpected(outcome.error());
  if (outcome->stopped) return fail(ErrorKind::interrupted, "the trial was stopped");
  const auto counters = chain_.end_trial();
  // The load has been measured: that is kept, with the reason, and the next trial finds everything
  // started anew; who was moved would stay where it is.
  if (!counters || samplers.lives.moved()) chain_.stop_all();

  trial.warmed = *std::move(warmed);
  trial.conditions = conditions_of(cell, cores_);
  trial.conditions->real_time_load = outcome->generator.real_time;
  const bool own = trial.conditions->own_application;
  trial.inspected = inspected_of(planned);
  // What a right answer is leaves its length open.
  if (own && trial.inspected) trial.inspected->answer_bytes.reset();
  write(trial.signals, *outcome);
  write(trial.signals, samplers);
  trial.signals.machine.watch_shift_seconds = seconds(watch_shift(samplers.cpu, *outcome, phases));
  fill_events(trial.events, *outcome, plan);
  trial.events.ready_sent = ready.sent;
  trial.events.ready_answered = ready.answered;
  trial.events.mishaps = mishaps_of(samplers, phases.duration, outcome->generator.longest_stall);
  fill(trial, *outcome, plan);
  if (!own && cell.scenario.app_key == scenario::AppKey::own)
    trial.repeated_rows = check.repeated();
  fill_figures(trial, outcome->completed_in_window);
  fill_throttled(trial, samplers.holds);
  if (own) {
    note_uncounted(trial);
  } else {
    fill_counters(trial, counters, cell.scenario.pooler_enabled);
  }
  note_unseen(trial, planned, samplers.lives);
  judge(trial);
  trial.under_way = under_way(trial);
  trial.limiter = find_limiter(trial);
  return trial;
}

record::Disturbance MeasuredBench::look(Duration length, const std::function<bool()>& stop) {
  return look_around(clock_, length, stop);
}

}  // namespace unrig::trial
