#include "trial/watch.h"

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

/// Until `when`, or soon after `stop`.
void sleep_until(const Clock& clock, Instant when, const std::stop_token& stop) {
  constexpr milliseconds turn{50};
  while (!stop.stop_requested() && clock.now() < when) {
    clock.sleep_until(std::min(when, clock.now() + turn));
  }
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
  sleep_until(clock, begin, stop);
  seen.first = read_cpu(chain);
  int look = 0;
  for (Instant next = begin + interval; next < end && !stop.stop_requested(); next += interval) {
    sleep_until(clock, next, stop);
    if (const auto sample = chain.sample_pooler()) seen.add(*sample);
    if (look++ % looks_per_frequency != 0) continue;
    if (const auto mhz = host::core_mhz()) seen.core_mhz.push_back(*mhz);
  }
  sleep_until(clock, end, stop);
  seen.last = read_cpu(chain);
  return seen;
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

record::Disturbance disturbance(const Watch& seen) {
  const host::MachineCpu& a = seen.first.machine;
  const host::MachineCpu& b = seen.last.machine;
  const host::Usage& before = seen.first.usage;
  const host::Usage& after = seen.last.usage;
  record::Disturbance found = machine_use(a, b);
  found.frequency_change = change_between_halves(seen.core_mhz);
  const Duration busy = b.busy - a.busy;
  const Duration all = busy + (b.steal - a.steal) + (b.idle - a.idle);
  if (all <= Duration(0)) return found;
  const host::Foreign foreign = host::foreign_between(before, after);
  found.foreign = seconds(foreign.used) / seconds(all);
  found.foreign_name = foreign.name;
  const Duration known = (after.own - before.own) + (after.kernel - before.kernel) +
                         (b.interrupts - a.interrupts) + foreign.used;
  found.unseen = std::max(0.0, seconds(busy - known) / seconds(all));
  return found;
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

std::uint64_t full_queues_between(const FullQueues& first, const FullQueues& last) {
  const std::uint64_t machine = last.machine - first.machine;
  if (!first.chain || !last.chain) return machine;
  // A worker that was replaced took its own socket's count with it. And a port that lets nobody in
  // before the first byte (pgbouncer's) counts every handshake: hence never more than the machine.
  return std::min(machine, *last.chain - std::min(*first.chain, *last.chain));
}

}  // namespace unrig::trial
