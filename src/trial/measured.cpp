#include "trial/measured.h"

#include <fmt/format.h>

#include <cassert>
#include <map>
#include <thread>

#include "host/host.h"
#include "load/load.h"
#include "trial/judge.h"
#include "trial/outcome.h"

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

/// CPU time used up to one moment, by component and by the whole machine.
struct CpuReading {
  std::map<std::string, Duration> of;
  host::MachineCpu machine;
};

CpuReading read_cpu(const stack::Chain& chain) {
  CpuReading reading;
  for (const auto& component : chain.components()) {
    if (const auto used = host::cpu_time(component.pid)) reading.of[component.name] = *used;
  }
  reading.machine = host::machine_cpu();
  return reading;
}

/// What another thread than the measuring one sees while the load runs.
struct Watch {
  CpuReading first, last;
  int samples = 0;
  int sessions_max = 0;
  double sessions_sum = 0, active_sum = 0, waiting_sum = 0;

  void add(const stack::PoolerSample& sample) {
    ++samples;
    sessions_max = std::max(sessions_max, sample.servers);
    sessions_sum += sample.servers;
    active_sum += sample.servers_active;
    waiting_sum += sample.clients_waiting;
  }
  [[nodiscard]] double mean(double sum) const { return samples == 0 ? 0 : sum / samples; }
};

/// Reads the CPU clocks at both ends of the window and asks the pooler every 100 ms in between.
Watch watch(stack::Chain& chain, const Clock& clock, const load::Plan& plan,
            const std::stop_token& stop) {
  constexpr milliseconds interval{100};
  Watch seen;
  const Instant begin = plan.start + plan.warmup;
  const Instant end = begin + plan.duration;
  clock.sleep_until(begin);
  seen.first = read_cpu(chain);
  for (Instant next = begin + interval; next < end && !stop.stop_requested(); next += interval) {
    clock.sleep_until(next);
    if (const auto sample = chain.sample_pooler()) seen.add(*sample);
  }
  if (!stop.stop_requested()) clock.sleep_until(end);
  seen.last = read_cpu(chain);
  return seen;
}

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

record::CpuPerRequest cpu_per_request(const Watch& seen, const load::Outcome& outcome) {
  const double requests = static_cast<double>(outcome.completed_in_window);
  if (requests == 0) return {};
  Duration known = outcome.generator.cpu;
  const auto used = [&](const char* name) {
    const auto first = seen.first.of.find(name);
    const auto last = seen.last.of.find(name);
    if (first == seen.first.of.end() || last == seen.last.of.end()) return 0.0;
    known += last->second - first->second;
    return microseconds(last->second - first->second) / requests;
  };
  record::CpuPerRequest cpu;
  cpu.load = microseconds(outcome.generator.cpu) / requests;
  cpu.proxy = used("proxy");
  cpu.app = used("app");
  cpu.pooler = used("pooler");
  cpu.database = used("database");
  const Duration busy = seen.last.machine.busy - seen.first.machine.busy;
  cpu.unattributed = std::max(0.0, microseconds(busy - known) / requests);
  return cpu;
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
  const host::NetCounters net = host::net_counters();
  // The generator's threads need some tens of milliseconds; the watch must see the same window.
  plan.start = clock_.now() + milliseconds(100);
  Result<load::Outcome> outcome = fail(ErrorKind::internal, "the load did not run");
  Watch seen;
  {
    std::jthread generator([&] { outcome = load::run(plan, clock_, stop); });
    seen = watch(chain_, clock_, plan, stop);
  }
  trial.disturbance = machine_use(seen.first.machine, seen.last.machine);
  trial.disturbance.listen_overflows = host::net_counters().listen_overflows - net.listen_overflows;
  const std::uint64_t ready_requests = chain_.ready_requests();
  chain_.stop_app();
  if (!outcome) return std::unexpected(outcome.error());
  if (outcome->stopped) return fail(ErrorKind::interrupted, "the trial was stopped");
  assert(outcome->total.adds_up() && outcome->window.adds_up());
  auto counters = chain_.end_trial();
  if (!counters) return std::unexpected(counters.error());

  fill(trial, *outcome, plan);
  trial.cpu_us_per_request = cpu_per_request(seen, *outcome);
  trial.db = {.queries = counters->queries,
              .rows_read = counters->rows_read,
              .transactions = counters->transactions,
              .sessions_max = seen.sessions_max,
              .sessions_mean = seen.mean(seen.sessions_sum),
              .clients_waiting_mean = seen.mean(seen.waiting_sum)};
  const scenario::Scenario& s = cell.scenario;
  const Circumstances around{.concurrency = cell.selection.spec->concurrency,
                             .open_loop = s.arrival_rate.has_value(),
                             .clients = s.clients.resolve(cores_, cell.workers),
                             .sessions = s.db_sessions.resolve(cores_, cell.workers),
                             .delay = s.db_delay,
                             .cores = cores_,
                             .generator_threads = outcome->generator.threads,
                             .generator_cpu = outcome->generator.cpu,
                             .generator_lateness = outcome->lateness.quantile(0.99),
                             .ready_requests = ready_requests,
                             .servers_active_mean = seen.mean(seen.active_sum),
                             .sample_failure = outcome->sample_failure};
  judge(trial, around);
  trial.limiter = find_limiter(trial, around);
  return trial;
}

}  // namespace unrig::trial
