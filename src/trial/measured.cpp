#include "trial/measured.h"

#include <fmt/format.h>

#include <thread>

#include "load/load.h"
#include "load/verdict.h"
#include "trial/judge.h"
#include "trial/outcome.h"
#include "trial/watch.h"

namespace unrig::trial {
namespace {

using std::chrono::milliseconds;

/// Every body is a row of the table; the chain knows which.
class RowCheck final : public load::BodyCheck {
 public:
  [[nodiscard]] bool right(std::string_view body) const override {
    return stack::body_is_right(body);
  }
};

load::Plan plan_for(const Cell& cell, const Phases& phases, const Place& place, int cores, int port,
                    const load::BodyCheck& check) {
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

std::vector<std::string> parts_of(const scenario::Scenario& scenario) {
  std::vector<std::string> parts{"app", "database"};
  if (scenario.proxy_enabled) parts.emplace_back("proxy");
  if (scenario.pooler_enabled) parts.emplace_back("pooler");
  return parts;
}

}  // namespace

Result<record::Trial> MeasuredBench::run(const Cell& cell, const Phases& phases, const Place& place,
                                         std::stop_token stop) {
  record::Trial trial{.label = cell.label,
                      .stack = cell.selection.spec->name,
                      .vintage = cell.selection.vintage,
                      .block = place.block,
                      .position = place.position,
                      .seed = place.seed,
                      .started_at = iso8601(clock_.wall()),
                      .workers = cell.workers};
  if (auto done = chain_.configure(cell.scenario, cell.workers); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = chain_.begin_trial(); !done) return std::unexpected(done.error());
  if (auto up = chain_.start_app(cell.selection, cell.scenario, cell.workers); !up) {
    chain_.stop_app();
    return fail(ErrorKind::measurement, up.error().what, up.error().help);
  }

  const RowCheck check;
  load::Plan plan = plan_for(cell, phases, place, cores_, chain_.port(), check);
  const FullQueues before = full_queues(chain_.addresses());
  // The generator's threads need some tens of milliseconds; the watch must see the same window.
  plan.start = clock_.now() + milliseconds(100);
  Result<load::Outcome> outcome = fail(ErrorKind::internal, "the load did not run");
  Watch seen;
  {
    std::jthread generator([&] { outcome = load::run(plan, clock_, stop); });
    seen = watch(chain_, clock_, plan, stop);
  }
  fill_disturbance(trial, seen);
  trial.disturbance.listen_overflows = full_queues_between(before, full_queues(chain_.addresses()));
  if (!trial.disturbance.listen_overflows) {
    trial.could_not_read("full listen queues", "/proc/net/netstat cannot be read");
  }
  const std::uint64_t ready_requests = chain_.ready_requests();
  chain_.stop_app();
  if (!outcome) return std::unexpected(outcome.error());
  if (outcome->stopped) return fail(ErrorKind::interrupted, "the trial was stopped");
  auto counters = chain_.end_trial();
  if (!counters) return std::unexpected(counters.error());

  fill(trial, *outcome, plan);
  const scenario::Scenario& s = cell.scenario;
  fill_cpu(trial, seen, *outcome, parts_of(s));
  trial.db.rows_read = counters->rows_read;
  trial.db.transactions = counters->transactions;
  if (s.pooler_enabled) {
    trial.db.queries = counters->queries;
  } else {
    trial.could_not_read("queries", "only a pooler counts them, and there is none");
  }
  fill_sessions(trial, seen, s.pooler_enabled);
  const Circumstances around{.concurrency = cell.selection.spec->concurrency,
                             .open_loop = s.arrival_rate.has_value(),
                             .clients = s.clients.resolve(cores_, cell.workers),
                             .sessions = s.db_sessions.resolve(cores_, cell.workers),
                             .delay = s.db_delay,
                             .cores = cores_,
                             .generator_threads = outcome->generator.threads,
                             .generator_cpu = outcome->generator.cpu,
                             .late_generator = load::late_generator(plan, *outcome),
                             .ready_requests = ready_requests,
                             .servers_active_mean = seen.mean(seen.active_sum),
                             .sample_failure = outcome->sample_failure()};
  judge(trial, around);
  trial.limiter = find_limiter(trial, around);
  return trial;
}

}  // namespace unrig::trial
