/// \file
/// How true the engine's figures are: against queues whose answer is known, and against the log of
/// a server that stamps every arrival and every answer. Prints deviations; judges nothing, because
/// they depend on the machine. Run it from a release build on a machine that is otherwise idle.
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "host/facts.h"
#include "load/load.h"
#include "load/share.h"
#include "load/verdict.h"
#include "queue_server.h"

namespace {

using namespace unrig;
using namespace std::chrono_literals;
using bench::Discipline;
using bench::QueueServer;
using bench::Served;

struct Truth {
  double quantile;
  Duration value;
};

struct Experiment {
  std::string name;
  Discipline discipline;
  std::function<Duration()> service;
  double per_second;
  std::vector<Truth> truths;    ///< of the response time, by theory
  bool stamps_packets = false;  ///< and compares with the kernel's stamps
};

Duration quantile(std::vector<Duration> values, double q) {
  if (values.empty()) return Duration{0};
  std::ranges::sort(values);
  const auto index = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::min(values.size(), std::max<std::size_t>(index, 1)) - 1];
}

std::string deviation(Duration measured, Duration truth) {
  return fmt::format("{:10.1f} us, {:+6.2f} %, {:+7.1f} us", microseconds(measured),
                     100 * (microseconds(measured) / microseconds(truth) - 1),
                     microseconds(measured - truth));
}

/// Kolmogorov-Smirnov distance of the gaps from the exponential distribution of that rate, times
/// the root of their number: above 1.36 for one true Poisson process of twenty.
double distance_from_exponential(std::vector<Duration> gaps, double per_second) {
  std::ranges::sort(gaps);
  const auto n = static_cast<double>(gaps.size());
  double distance = 0;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const double p = 1 - std::exp(-per_second * seconds(gaps[i]));
    distance =
        std::max({distance, p - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - p});
  }
  return distance * std::sqrt(n);
}

/// The schedule of the one thread of `plan`, as the engine deals it.
std::vector<Instant> intended_times(const load::Plan& plan, const load::Outcome& outcome) {
  std::vector<Instant> times;
  const std::vector<load::Share> shares = load::divide(plan, {});  // outlives the loop
  for (const Duration offset : shares.front().schedule) {
    times.push_back(outcome.start + offset);
  }
  return times;
}

/// The server's stamps against the schedule and against the client's figures.
void print_server_side(const load::Plan& plan, const load::Outcome& outcome,
                       std::vector<Served> log) {
  std::ranges::sort(log, {}, &Served::arrived);
  std::vector<Duration> lags, gaps, inside;
  const std::vector<Instant> intended = intended_times(plan, outcome);
  for (std::size_t i = 0; i < std::min(intended.size(), log.size()); ++i) {
    lags.push_back(log[i].arrived - intended[i]);
    inside.push_back(log[i].answered - log[i].arrived);
    if (i > 0) gaps.push_back(log[i].arrived - log[i - 1].arrived);
  }
  const double rate = std::get<load::OpenLoop>(plan.loop).rate.per_second;
  fmt::print(
      "  arrivals at the server: {} of {}, late P50 {:.1f} us, P99 {:.1f} us, "
      "gaps against Poisson: {:.2f} (1.36)\n",
      log.size(), intended.size(), microseconds(quantile(lags, 0.5)),
      microseconds(quantile(lags, 0.99)), distance_from_exponential(gaps, rate));
  for (const double q : {0.5, 0.9, 0.99}) {
    fmt::print("  P{:<4g} of the server's own log {:10.1f} us; the client says {}\n", q * 100,
               microseconds(quantile(inside, q)),
               deviation(outcome.response.quantile(q), quantile(inside, q)));
  }
}

/// The client's three times against the stamps that the kernel put on the packets: the request
/// came in, the answer went out. What the client says more than those is its own and the kernel's
/// way to and from the wire.
void print_wire(const load::Plan& plan, const load::Outcome& outcome, bench::Log log) {
  std::ranges::sort(log.served, {}, &Served::arrived);
  std::vector<Duration> issue_delay, service, response;
  const std::vector<Instant> intended = intended_times(plan, outcome);
  for (std::size_t i = 0; i < std::min(intended.size(), log.served.size()); ++i) {
    const Served& it = log.served[i];
    if (it.packet_in == Instant{} || it.packet_out == Instant{}) continue;
    issue_delay.push_back(it.packet_in - intended[i]);
    service.push_back(it.packet_out - it.packet_in);
    response.push_back(it.packet_out - intended[i]);
  }
  fmt::print(
      "  packets with both stamps of the kernel: {} of {}; its clocks went {:.1f} us apart\n",
      service.size(), intended.size(), microseconds(log.clocks_apart));
  const auto print = [](std::string_view name, const std::vector<Duration>& wire,
                        const stats::Histogram& client) {
    for (const double q : {0.5, 0.9, 0.99}) {
      fmt::print("  {:11} P{:<3g} on the wire {:9.1f} us; the client says {}\n", name, q * 100,
                 microseconds(quantile(wire, q)), deviation(client.quantile(q), quantile(wire, q)));
    }
  };
  print("issue delay", issue_delay, outcome.issue_delay);
  print("service", service, outcome.service);
  print("response", response, outcome.response);
}

/// False: the run was not valid, and nothing is told of it.
bool run(const Experiment& experiment, int server_core, int client_core, Duration length,
         const Clock& clock) {
  QueueServer server({.discipline = experiment.discipline,
                      .service = experiment.service,
                      .core = server_core,
                      .stamps_packets = experiment.stamps_packets},
                     clock);
  load::Plan plan;
  plan.address = load::address_of(host::loopback(server.port()));
  plan.loop = load::OpenLoop{.rate = Rate{experiment.per_second},
                             .end_rate = {},
                             .arrivals = load::ArrivalProcess::poisson,
                             .connections = 1000};
  plan.duration = length;
  plan.cpus = {client_core};
  plan.pacing = load::Pacing::spin;
  plan.seed = 1;
  plan.expected_body = "ok";
  const auto outcome = load::run(plan, clock, {});
  if (!outcome) {
    fmt::print("{}: {}\n", experiment.name, outcome.error().what);
    return true;
  }
  if (const load::LoadVerdict verdict = load::judge(plan, *outcome); !verdict.valid()) {
    fmt::print("\n{}: not taken: {}\n", experiment.name, join(verdict.reasons, "; "));
    return false;
  }
  fmt::print("\n{}, {:g}/s for {}: {} completed, {} failed\n", experiment.name,
             experiment.per_second, to_text(length), outcome->total.completed,
             outcome->total.failed());
  fmt::print("  issue delay P50 {:.1f} us, P99 {:.1f} us\n",
             microseconds(outcome->issue_delay.quantile(0.5)),
             microseconds(outcome->issue_delay.quantile(0.99)));
  for (const Truth& truth : experiment.truths) {
    fmt::print("  P{:<4g} by theory {:10.1f} us; measured {}\n", truth.quantile * 100,
               microseconds(truth.value),
               deviation(outcome->response.quantile(truth.quantile), truth.value));
  }
  const bench::Log log = server.log();
  print_server_side(plan, *outcome, log.served);
  if (experiment.stamps_packets) print_wire(plan, *outcome, log);
  return true;
}

}  // namespace

/// accuracy [SECONDS]
int main(int argc, char** argv) {
  const SystemClock clock;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &allowed)) cores.push_back(core);
  }
  if (cores.size() < 2) {
    fmt::print(stderr, "server and generator need a core each\n");
    return 3;
  }
  const host::Facts facts = host::facts();
  fmt::print("{}, {} of its cores, {}, Linux {}, {}\n", facts.cpu_model, cores.size(), facts.os,
             facts.kernel, iso8601(clock.wall()));
  const Duration length = from_seconds(argc > 1 ? std::atof(argv[1]) : 20);
  RandomStream random(7, "service");
  const std::vector<Experiment> experiments{
      // Sojourn times of M/M/1 are exponential with mean 1 / (10000/s - 5000/s) = 200 us.
      {"M/M/1, service exponential 100 us",
       Discipline::one_server,
       [&] { return from_seconds(random.exponential(100e-6)); },
       5000,
       {{0.5, 138'629ns}, {0.9, 460'517ns}, {0.95, 599'146ns}, {0.99, 921'034ns}}},
      {"M/D/1, service 100 us", Discipline::one_server, [] { return Duration{100us}; }, 5000, {}},
      {"two points, 90 % 1 ms and 10 % 150 ms",
       Discipline::no_waiting,
       [&] { return random.uniform() < 0.9 ? Duration{1ms} : Duration{150ms}; },
       1000,
       {{0.5, 1ms}, {0.95, 150ms}, {0.99, 150ms}}},
      {"no service time", Discipline::no_waiting, [] { return Duration{1us}; }, 50'000, {}},
      {"the wire: delay exponential 1 ms, packets stamped by the kernel",
       Discipline::no_waiting,
       [&] { return from_seconds(random.exponential(1e-3)); },
       1000,
       {{0.5, 693'147ns}, {0.9, 2'302'585ns}, {0.99, 4'605'170ns}},
       true},
  };
  constexpr int most_tries = 3;
  for (const Experiment& experiment : experiments) {
    int tries = 1;
    while (!run(experiment, cores[0], cores[1], length, clock) && tries < most_tries) ++tries;
  }
}
