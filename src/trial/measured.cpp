#include "trial/measured.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/suspend.h"
#include "chain/row.h"
#include "load/load.h"
#include "load/verdict.h"
#include "trial/judge.h"
#include "trial/noise.h"
#include "trial/outcome.h"
#include "trial/watch.h"

namespace unrig::trial {
namespace {

using std::chrono::milliseconds;

/// Every body is a row of the table; the chain knows which.
class RowCheck final : public load::BodyCheck {
 public:
  [[nodiscard]] bool right(std::string_view body) const override {
    return chain::body_is_right(body);
  }
};

load::Plan plan_for(const chain::Subject& cell, const plan::Phases& phases,
                    const plan::Place& place, int cores, int port, const load::BodyCheck& check) {
  const scenario::Scenario& s = cell.scenario;
  load::Plan plan;
  plan.address = load::loopback(port);
  plan.request.path = "/test";
  const int clients = s.clients.resolve(cores, cell.workers);
  if (s.arrival_rate) {
    plan.loop = load::OpenLoop{.rate = *s.arrival_rate,
                               .end_rate = std::nullopt,
                               .arrivals = s.arrival_process == scenario::Process::poisson
                                               ? load::Arrivals::poisson
                                               : load::Arrivals::constant,
                               .connections = clients};
  } else {
    plan.loop = load::ClosedLoop{.clients = clients, .think_time = s.think_time};
  }
  plan.keep_alive = s.client_keep_alive;
  plan.warmup = phases.warmup;
  plan.duration = phases.duration;
  plan.timeout = s.client_timeout;
  plan.cpus = s.cpus_load;
  plan.seed = place.seed;
  plan.check = &check;
  return plan;
}

std::vector<std::string> names_of_parts(const scenario::Scenario& scenario) {
  std::vector<std::string> parts{"app", "database"};
  if (scenario.proxy_enabled) parts.emplace_back("proxy");
  if (scenario.pooler_enabled) parts.emplace_back("pooler");
  return parts;
}

/// What came of the load, and what was seen beside it.
struct Loaded {
  Result<load::Outcome> outcome = fail(ErrorKind::internal, "the load did not run");
  Watch seen;
  Lives lives;
  std::optional<Duration> slept;
  std::uint64_t stops = 0;  // of unrig itself
};

Loaded put_under_load(chain::Chain& chain, const Clock& clock, load::Plan plan,
                      const TimesResumed& times_resumed, const std::stop_token& stop) {
  // The generator's threads need some tens of milliseconds; the watch must see the same window.
  plan.start = clock.now() + milliseconds(100);
  Loaded loaded{.lives = Lives(parts_of(chain))};
  const auto slept_before = time_suspended();
  const auto resumed_before = times_resumed ? times_resumed() : 0;
  // A load that failed at once leaves nothing to be watched.
  std::stop_source over;
  const std::stop_callback relay(stop, [&over] { over.request_stop(); });
  std::jthread generator([&] {
    loaded.outcome = load::run(plan, clock, stop);
    if (!loaded.outcome) over.request_stop();
  });
  loaded.seen = watch(chain, clock, plan.start, plan, loaded.lives, over.get_token());
  generator.join();
  end_of_lives(loaded.lives, clock);
  const auto slept = time_suspended();
  if (slept && slept_before) loaded.slept = *slept - *slept_before;
  if (times_resumed) loaded.stops = times_resumed() - resumed_before;
  return loaded;
}

/// How far the window that was watched lies from the one that was loaded.
Duration watch_shift(const Watch& seen, const load::Outcome& outcome, const load::Plan& plan) {
  const Instant begin = outcome.start + plan.warmup;
  return std::max(std::chrono::abs(seen.first_at - begin),
                  std::chrono::abs(seen.last_at - (begin + plan.duration)));
}

void fill_counters(record::Trial& trial, const Result<chain::DatabaseCounters>& counters,
                   bool has_pooler) {
  if (!counters) {
    trial.could_not_read("rows, transactions and queries", counters.error().what);
    return;
  }
  trial.db.rows_read = counters->rows_read;
  trial.db.transactions = counters->transactions;
  if (has_pooler) {
    trial.db.queries = counters->queries;
  } else {
    trial.could_not_read("queries", "only a pooler counts them, and there is none");
  }
}

}  // namespace

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

  const RowCheck check;
  const load::Plan plan = plan_for(cell, phases, place, cores_, chain_.front().port, check);
  const FullQueues before = full_queues(chain_.addresses());
  Loaded loaded = put_under_load(chain_, clock_, plan, times_resumed_, stop);
  fill_disturbance(trial, loaded.seen);
  trial.disturbance.listen_overflows = full_queues_between(before, full_queues(chain_.addresses()));
  if (!trial.disturbance.listen_overflows) {
    trial.could_not_read("full listen queues", "/proc/net/netstat cannot be read");
  }
  fill_suspended(trial, loaded.slept);
  const Duration own_stall = loaded.outcome ? loaded.outcome->generator.longest_stall : Duration(0);
  auto mishaps = mishaps_of(trial, loaded.seen, loaded.lives, phases.duration, own_stall);
  add_own_stops(mishaps, loaded.stops);
  const chain::Asked ready = chain_.ready_requests();
  chain_.stop_app();
  if (!loaded.outcome) return std::unexpected(loaded.outcome.error());
  const load::Outcome& outcome = *loaded.outcome;
  if (outcome.stopped) return fail(ErrorKind::interrupted, "the trial was stopped");
  const auto counters = chain_.end_trial();
  // The load has been measured: that is kept, with the reason, and the next trial finds everything
  // started anew.
  if (!counters) chain_.stop_all();

  fill(trial, outcome, plan);
  const scenario::Scenario& s = cell.scenario;
  fill_cpu(trial, loaded.seen, outcome, names_of_parts(s));
  fill_counters(trial, counters, s.pooler_enabled);
  fill_sessions(trial, loaded.seen, s.pooler_enabled);
  const Circumstances around{.concurrency = cell.selection.spec->concurrency,
                             .open_loop = s.arrival_rate.has_value(),
                             .clients = s.clients.resolve(cores_, cell.workers),
                             .sessions = s.db_sessions.resolve(cores_, cell.workers),
                             .delay = s.db_delay,
                             .cores = cores_,
                             .generator_threads = outcome.generator.threads,
                             .generator_cpu = outcome.generator.cpu,
                             .late_generator = load::late_generator(plan, outcome),
                             .away_generator = load::away_generator(outcome),
                             .ready_sent = ready.sent,
                             .ready_answered = ready.answered,
                             .servers_active_mean = loaded.seen.mean(loaded.seen.active_sum),
                             .sample_failure = outcome.sample_failure(),
                             .mishaps = mishaps,
                             .watch_shift = watch_shift(loaded.seen, outcome, plan),
                             .counters_failure = counters ? "" : counters.error().what};
  judge(trial, around);
  trial.limiter = find_limiter(trial, around);
  return trial;
}

record::Disturbance MeasuredBench::look(Duration length, const std::function<bool()>& stop) {
  return look_around(clock_, length, stop);
}

}  // namespace unrig::trial
