#include "trial/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "trial/outcome.h"

namespace unrig::trial {
namespace {

using std::chrono::milliseconds;

CpuReading read_cpu(const stack::Chain& chain) {
  const auto components = chain.components();
  std::vector<pid_t> roots;
  for (const auto& component : components) roots.push_back(component.pid);
  CpuReading reading{.usage = host::usage(roots), .machine = host::machine_cpu()};
  for (std::size_t i = 0; i < components.size(); ++i) {
    if (const auto used = reading.usage.trees[i]) reading.of[components[i].name] = *used;
  }
  return reading;
}

double middle(std::span<double> values) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, at);
  return *at;
}

}  // namespace

void Watch::add(const stack::PoolerSample& sample) {
  ++samples;
  sessions_max = std::max(sessions_max, sample.servers);
  sessions_sum += sample.servers;
  active_sum += sample.servers_active;
  waiting_sum += sample.clients_waiting;
}

Watch watch(stack::Chain& chain, const Clock& clock, const load::Plan& plan,
            const std::stop_token& stop) {
  constexpr milliseconds interval{100};
  constexpr int looks_per_frequency = 5;
  Watch seen;
  const Instant begin = plan.start + plan.warmup;
  const Instant end = begin + plan.duration;
  clock.sleep_until(begin);
  seen.first = read_cpu(chain);
  int look = 0;
  for (Instant next = begin + interval; next < end && !stop.stop_requested(); next += interval) {
    clock.sleep_until(next);
    if (const auto sample = chain.sample_pooler()) seen.add(*sample);
    if (look++ % looks_per_frequency != 0) continue;
    if (const auto mhz = host::core_mhz()) seen.core_mhz.push_back(*mhz);
  }
  if (!stop.stop_requested()) clock.sleep_until(end);
  seen.last = read_cpu(chain);
  return seen;
}

void fill_cpu(record::Trial& trial, const Watch& seen, const load::Outcome& outcome,
              std::span<const std::string> parts) {
  const double requests = static_cast<double>(outcome.completed_in_window);
  if (requests == 0) {
    trial.could_not_read("CPU time per request", "no request was completed within the window");
    return;
  }
  record::CpuPerRequest& cpu = trial.cpu_us_per_request;
  std::optional<Duration> known = outcome.generator.cpu;
  cpu.load = microseconds(outcome.generator.cpu) / requests;
  const auto used_by = [&](const std::string& name) -> std::optional<double> {
    if (std::ranges::find(parts, name) == parts.end()) return 0;
    const auto first = seen.first.of.find(name);
    const auto last = seen.last.of.find(name);
    if (first == seen.first.of.end() || last == seen.last.of.end()) {
      trial.could_not_read(fmt::format("CPU time of the {}", name),
                           "its processes could not be read in /proc at both ends of the window");
      known.reset();
      return std::nullopt;
    }
    const Duration used = last->second - first->second;
    if (known) *known += used;
    return microseconds(used) / requests;
  };
  cpu.proxy = used_by("proxy");
  cpu.app = used_by("app");
  cpu.pooler = used_by("pooler");
  cpu.database = used_by("database");
  if (!known || !seen.first.machine || !seen.last.machine) {
    trial.could_not_read("unattributed CPU time", "what it is the rest of could not be read");
    return;
  }
  const Duration busy = seen.last.machine->busy - seen.first.machine->busy;
  cpu.unattributed = std::max(0.0, microseconds(busy - *known) / requests);
}

void fill_sessions(record::Trial& trial, const Watch& seen, bool counts_sessions) {
  if (seen.samples == 0) {
    trial.could_not_read("database sessions", counts_sessions
                                                  ? "the pooler gave no answer within the window"
                                                  : "only a pooler counts them, and there is none");
    return;
  }
  trial.db.sessions_max = seen.sessions_max;
  trial.db.sessions_mean = seen.mean(seen.sessions_sum);
  trial.db.clients_waiting_mean = seen.mean(seen.waiting_sum);
}

void fill_disturbance(record::Trial& trial, const Watch& seen) {
  record::Disturbance& found = trial.disturbance;
  fill_machine_use(trial, seen.first.machine, seen.last.machine);
  found.frequency_change = change_between_halves(seen.core_mhz);
  if (!found.frequency_change) {
    trial.could_not_read("change of the cores' frequency",
                         seen.core_mhz.empty() ? "this machine does not tell"
                                               : "too few readings: the window is too short");
  }
  const auto unseen = [&](const char* why) { trial.could_not_read("unseen CPU time", why); };
  const bool sees_all = seen.first.usage.sees_all && seen.last.usage.sees_all;
  if (!sees_all) {
    const char* why = "/proc hides the processes of others";
    trial.could_not_read("CPU time of other programs", why);
    unseen(why);
    return;
  }
  if (!found.machine_busy) {
    const char* why = "the machine's CPU time could not be read";
    trial.could_not_read("CPU time of other programs", why);
    unseen(why);
    return;
  }
  const host::MachineCpu& a = *seen.first.machine;
  const host::MachineCpu& b = *seen.last.machine;
  const host::Usage& before = seen.first.usage;
  const host::Usage& after = seen.last.usage;
  const Duration busy = b.busy - a.busy;
  const Duration all = busy + (b.steal - a.steal) + (b.idle - a.idle);
  const host::Foreign foreign = host::foreign_between(before, after);
  found.foreign = seconds(foreign.used) / seconds(all);
  found.foreign_name = foreign.name;
  const Duration known = (after.own - before.own) + (after.kernel - before.kernel) +
                         (b.interrupts - a.interrupts) + foreign.used;
  found.unseen = std::max(0.0, seconds(busy - known) / seconds(all));
}

std::optional<double> change_between_halves(std::vector<double> values) {
  if (values.size() < 4) return std::nullopt;
  const std::size_t half = values.size() / 2;
  const double before = middle(std::span(values).first(half));
  if (before <= 0) return std::nullopt;
  return middle(std::span(values).last(half)) / before - 1;
}

FullQueues full_queues(const stack::Addresses& addresses) {
  FullQueues found{.chain = 0, .machine = host::net_counters().listen_overflows};
  for (const int port : {addresses.proxy, addresses.application, addresses.pooler}) {
    if (port == 0) continue;
    const auto queue = host::listen_queue(port);
    found.chain = found.chain && queue && queue->drops ? std::optional(*found.chain + *queue->drops)
                                                       : std::nullopt;
  }
  return found;
}

std::optional<std::uint64_t> full_queues_between(const FullQueues& first, const FullQueues& last) {
  if (!first.machine || !last.machine) return std::nullopt;
  const std::uint64_t machine = *last.machine - *first.machine;
  if (!first.chain || !last.chain) return machine;
  // A worker that was replaced took its own socket's count with it. And a port that lets nobody in
  // before the first byte (pgbouncer's) counts every handshake: hence never more than the machine.
  return std::min(machine, *last.chain - std::min(*first.chain, *last.chain));
}

}  // namespace unrig::trial
