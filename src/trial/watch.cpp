#include "trial/watch.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "host/census.h"
#include "host/facts.h"
#include "host/host.h"
#include "host/sockets.h"
#include "host/usage.h"
#include "process/tree.h"

namespace unrig::trial {
namespace {

using std::chrono::milliseconds;

/// Sessions of the database come and go; the processes that serve all of them do not. Their titles
/// tell: "postgres: checkpointer", "postgres: app unrig [local] idle". One that is ending has none.
bool is_session(pid_t pid) {
  const auto title = host::command_line(pid);
  return title.empty() || title.find("[local]") != std::string::npos ||
         title.find('(') != std::string::npos;
}

std::vector<process::Entry> members_of(const process::Processes& all, const Part& part) {
  std::vector<process::Entry> members = process::tree(all, part.root);
  if (part.component == record::Component::database) {
    std::erase_if(members, [&](const process::Entry& each) {
      return each.pid != part.root && is_session(each.pid);
    });
  }
  return members;
}

/// The parts of the chain that run now, with all their processes.
std::vector<Part> parts_of(const chain::Chain& chain) {
  std::vector<Part> parts;
  const auto all = process::all_processes();
  for (const auto& [component, pid] : chain.processes()) {
    Part part{.component = component, .root = pid};
    part.members = members_of(all, part);
    // Where /proc shows processes at all, one that it does not show is not there any more.
    if (part.members.empty() && !all.empty()) {
      process::Entry gone;
      gone.pid = pid;
      part.members.push_back(gone);
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

/// Where unrig has put a part: where it stood itself, but for cores that the scenario gives it. Not
/// set of the application, which may go elsewhere; nor where unrig stands elsewhere by now, so that
/// somebody has moved more than the part.
std::optional<host::Standing> given_to(record::Component part, const scenario::Scenario& scenario,
                                       const std::optional<host::Standing>& unrig) {
  const std::map<record::Component, const std::vector<int>*> lists{
      {record::Component::proxy, &scenario.cpus_proxy},
      {record::Component::pooler, &scenario.cpus_pooler},
      {record::Component::database, &scenario.cpus_database}};
  const auto list = lists.find(part);
  if (list == lists.end() || !unrig || unrig->is_reset_by_fork()) return std::nullopt;
  if (host::standing_of(::getpid()) != unrig) return std::nullopt;
  host::Standing given = *unrig;
  if (auto own = scenario.cores_of_part(*list->second, unrig->cores); !own.empty()) {
    std::ranges::sort(own);
    own.erase(std::ranges::unique(own).begin(), own.end());
    given.cores = std::move(own);
  }
  return given;
}

/// Where the parts listen that the load goes through.
std::map<record::Component, host::Endpoint> listeners_of(const chain::Addresses& addresses) {
  std::map<record::Component, host::Endpoint> listeners{
      {record::Component::proxy, addresses.proxy},
      {record::Component::app, addresses.application},
      {record::Component::pooler, addresses.pooler}};
  std::erase_if(listeners, [](const auto& each) { return !each.second.is_set(); });
  return listeners;
}

/// pgbouncer alone has TCP_DEFER_ACCEPT.
std::vector<int> ports_of(const std::map<record::Component, host::Endpoint>& listeners,
                          bool deferring) {
  std::vector<int> ports;
  for (const auto& [component, at] : listeners) {
    if (at.is_socket()) continue;  // its queue has no such counters
    if ((component == record::Component::pooler) == deferring) ports.push_back(at.port);
  }
  return ports;
}

/// The first process of the application.
pid_t app_of(const std::vector<Part>& parts) {
  const auto found = std::ranges::find(parts, record::Component::app, &Part::component);
  return found == parts.end() ? -1 : found->root;
}

/// Ports by which the application's work is known; 0: there is none, as where clients come to a
/// Unix socket, whose connections are not known by who has read from them.
struct WorkPorts {
  int served_at = 0;  ///< its own
  int asked_at = 0;   ///< the pooler's
  /// Whether it keeps connections to that: what comes and goes tells nothing of who has how many.
  bool keeps = false;
};

/// Why it is not seen who serves; null: it is.
const char* why_nobody_serves(const WorkPorts& ports) {
  return ports.served_at == 0 ? "the application listens at a Unix socket" : nullptr;
}

/// All processes of the application, and what they have to do with clients and pooler.
CensusSampler::Read census_of(pid_t app, WorkPorts ports) {
  // Every file of each process is looked at for that, so twice at once and then more rarely.
  constexpr int census_at_once = 2, census_per_look_at_files = 5;
  return [app, ports, looks = 0]() mutable {
    const host::Population found = host::population_below(host::keeper_of(app));
    CensusSampler::Look look{.processes = found.processes, .threads = found.threads};
    const bool at_files = looks < census_at_once || looks % census_per_look_at_files == 0;
    ++looks;
    if (!at_files || (ports.served_at == 0 && ports.asked_at == 0)) return look;
    const auto seen = host::dealings_of(found.processes, ports.served_at, ports.asked_at);
    if (!seen) return look;
    if (ports.served_at != 0) look.serving = seen->serving;
    if (ports.asked_at != 0) look.at_work = seen->at_work;
    if (ports.keeps) look.connections = seen->most_connections;
    look.programs = host::programs_of(seen->at_work);
    return look;
  };
}

/// The threads of the application, from its first process down.
DoingSampler::Reads doings_of(pid_t app) {
  const auto files = std::make_shared<host::ThreadFiles>();
  return {.begin =
              [app, files] {
                *files = host::ThreadFiles(host::descendants(app));
                return files->count();
              },
          .doing = [files](std::size_t place) { return files->doing(place); }};
}

/// Until `when`, or soon after `stop`.
void sleep_until(const Clock& clock, Instant when, const std::stop_token& stop) {
  constexpr milliseconds turn{50};
  while (!stop.stop_requested() && clock.now() < when) {
    clock.sleep_until(std::min(when, clock.now() + turn));
  }
}

/// Of all parts, which takes some milliseconds, or of the machine alone.
CpuSampler cpu_sampler(const chain::Chain& chain, const std::vector<Part>& parts,
                       const Clock& clock, bool of_parts) {
  std::vector<record::Component> components;
  for (const Part& part : parts) components.push_back(part.component);
  const host::Host& host = chain.host();
  if (of_parts)
    return CpuSampler(components, [parts, &host, &clock] { return read_cpu(host, parts, clock); });
  return CpuSampler(components, [&clock] {
    return CpuReading{.at = clock.now(), .machine = host::machine_cpu()};
  });
}

SignalSamplers signal_samplers(chain::Chain& chain, const std::vector<Part>& parts,
                               const std::map<record::Component, host::Endpoint>& listeners,
                               const Clock& clock, const scenario::Scenario& scenario) {
  const host::Host& host = chain.host();
  const bool has_proxy = listeners.contains(record::Component::proxy);
  const bool has_pooler = scenario.pooler_enabled;
  const auto port_of = [&](record::Component component) {
    const auto found = listeners.find(component);
    return found == listeners.end() || found->second.is_socket() ? 0 : found->second.port;
  };
  const WorkPorts ports{
      .served_at = port_of(record::Component::app),
      .asked_at = port_of(record::Component::pooler),
      .keeps = has_pooler && scenario.db_connection == scenario::Connection::pooled};
  const auto ask_proxy = [&chain](Duration limit) { return chain.sample_proxy(limit); };
  const auto ask_pooler = [&chain](Duration limit) { return chain.sample_pooler(limit); };
  return {
      .doing = DoingSampler(doings_of(app_of(parts))),
      .proxy = ProxySampler(has_proxy ? ProxySampler::Ask(ask_proxy) : nullptr),
      .pool = PoolSampler(has_pooler ? PoolSampler::Ask(ask_pooler) : nullptr, clock),
      .activity =
          ActivitySampler([&chain](Duration limit) { return chain.sample_database(limit); }),
      .backlogs = BacklogSampler(listeners, listen_queue_at),
      .kernel =
          KernelSampler([&clock] { return read_kernel(clock); }, host::connections_in_time_wait),
      .census = CensusSampler(census_of(app_of(parts), ports), why_nobody_serves(ports)),
      .frequency = FrequencySampler([] { return host::core_mhz(); }),
      .memory = MemorySampler(
          [&host](pid_t root) { return host.memory_of(root); }, host::own_memory,
          [app = app_of(parts)] {
            return host::unbacked_memory_of(host::population_below(host::keeper_of(app)).processes);
          })};
}

}  // namespace

Samplers samplers_of(chain::Chain& chain, const Clock& clock, const scenario::Scenario& scenario,
                     TimesResumed times_resumed, const std::optional<host::Standing>& unrig) {
  std::vector<Part> parts = parts_of(chain);
  for (Part& part : parts) part.given = given_to(part.component, scenario, unrig);
  const auto listeners = listeners_of(chain.addresses());
  Samplers samplers{.lives = Lives(
                        parts, process::entry_of,
                        [](const Part& part) { return members_of(process::all_processes(), part); },
                        host::standing_of),
                    .holds = Holds(groups_of_this_machine(), chain.groups()),
                    .cpu = cpu_sampler(chain, parts, clock, scenario.watch_signals),
                    .queues = QueueSampler([at_once = ports_of(listeners, false),
                                            deferring = ports_of(listeners, true)] {
                      return full_queues(at_once, deferring);
                    }),
                    .halts = Halts(std::move(times_resumed)),
                    .signals = {}};
  if (scenario.watch_signals)
    samplers.signals.emplace(signal_samplers(chain, parts, listeners, clock, scenario));
  return samplers;
}

void begin_watch(Samplers& samplers) {
  samplers.queues.begin();
  samplers.halts.begin();
}

void watch(Samplers& samplers, const Clock& clock, Instant start, const plan::Phases& phases,
           const std::stop_token& stop) {
  constexpr milliseconds interval{100};
  constexpr int looks_per_slow_look = 5;
  constexpr int looks_per_census = 2;
  constexpr milliseconds quick_interval{25};
  static_assert(interval % quick_interval == milliseconds(0));
  const Instant begin = start + phases.warmup;
  const Instant end = begin + phases.duration;
  int looks = 0;
  const auto look = [&] {
    samplers.lives.look(clock.now());
    const bool is_slow = looks++ % looks_per_slow_look == 0;
    if (is_slow) samplers.holds.look(samplers.lives.parts());
    return is_slow;
  };
  for (Instant next = start; next < begin && !stop.stop_requested(); next += interval) {
    sleep_until(clock, next, stop);
    look();
  }
  auto& signals = samplers.signals;
  if (signals) signals->doing.begin();
  // Takes some milliseconds for each process, so before the window, as the last one comes after it.
  if (signals) signals->memory.look_at_growth();
  sleep_until(clock, begin, stop);
  if (signals) signals->kernel.begin();
  samplers.cpu.begin();
  Instant half = begin + phases.duration / 2;
  for (Instant next = begin + quick_interval; next < end && !stop.stop_requested();
       next += quick_interval) {
    const bool is_quick = (next - begin) % interval != Duration(0);
    if (is_quick && !signals) continue;
    sleep_until(clock, next, stop);
    // Who waited for a pooler does not make up for it by looking at one moment many times.
    if (signals && clock.now() - next < quick_interval) signals->doing.look();
    if (is_quick) continue;
    // First the looks: a pooler that is stopped keeps the question waiting until it goes on.
    const bool is_slow = look();
    if (!signals) continue;
    if (next >= half) {
      signals->memory.look_at_growth();
      half = end;
    }
    signals->backlogs.look();
    signals->proxy.look();
    signals->pool.look(end);
    signals->activity.look();
    if (looks % looks_per_census == 0) signals->census.look();
    if (!is_slow) continue;
    signals->frequency.look();
    signals->kernel.look();
  }
  sleep_until(clock, end, stop);
  samplers.cpu.end();
  if (signals) signals->kernel.end();
  if (signals) signals->memory.look_at_growth();
  samplers.holds.look(samplers.lives.parts());
}

void end_watch(Samplers& samplers, const Clock& clock) {
  samplers.lives.end(clock.now());
  samplers.halts.end();
  samplers.queues.end();
  if (samplers.signals) samplers.signals->memory.look(samplers.lives.parts());
}

void write(record::Signals& signals, const Samplers& samplers) {
  for (const Part& part : samplers.lives.parts()) signals.processes[part.component];
  samplers.queues.write(signals.machine);
  samplers.halts.write(signals.machine);
  samplers.holds.write(signals);
  if (const auto& seen = samplers.signals) {
    samplers.cpu.write(signals);
    seen->doing.write(signals.doing);
    seen->proxy.write(signals.proxy);
    seen->pool.write(signals.sessions);
    seen->activity.write(signals.activity);
    seen->backlogs.write(signals);
    seen->kernel.write(signals.machine);
    seen->census.write(signals.census);
    seen->frequency.write(signals.machine);
    seen->memory.write(signals);
  } else {
    samplers.cpu.write_use(signals.machine);
    signals.explain_unread("watch.signals is false");
  }
}

std::vector<record::Mishap> mishaps_of(const Samplers& samplers, Duration window,
                                       Duration own_stall) {
  std::vector<record::Mishap> found = samplers.lives.mishaps();
  for (auto& mishap : samplers.holds.mishaps(window)) found.push_back(std::move(mishap));
  const bool named = std::ranges::any_of(found, [](const record::Mishap& mishap) {
    return mishap.who.contains(record::Component::pooler);
  });
  if (samplers.signals && !named) {
    if (auto silent = samplers.signals->pool.mishap(own_stall)) found.push_back(*silent);
  }
  if (auto stopped = samplers.halts.mishap()) found.push_back(*stopped);
  return found;
}

}  // namespace unrig::trial
