#include "trial/watch.h"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <span>

#include "host/groups.h"
#include "process/tree.h"
#include "trial/judge.h"
#include "trial/outcome.h"

namespace unrig::trial {
namespace {

using std::chrono::milliseconds;

CpuReading read_cpu(const chain::Chain& chain) {
  const auto components = chain.components();
  std::vector<pid_t> roots;
  for (const auto& component : components) roots.push_back(component.pid);
  CpuReading reading{.usage = host::usage(roots), .machine = host::machine_cpu()};
  for (std::size_t i = 0; i < components.size(); ++i) {
    if (const auto used = reading.usage.trees[i]) reading.of[components[i].name] = *used;
  }
  return reading;
}

/// Sessions of the database come and go; the processes that serve all of them do not. Their titles
/// tell: "postgres: checkpointer", "postgres: app unrig [local] idle".
bool is_session(pid_t pid) {
  const auto title = host::command_line(pid);
  return title.find("[local]") != std::string::npos || title.find('(') != std::string::npos;
}

std::vector<process::Entry> members_of(const process::Processes& all, const Part& part) {
  std::vector<process::Entry> members = process::tree(all, part.root);
  if (part.name == "database") {
    std::erase_if(members, [&](const process::Entry& each) {
      return each.pid != part.root && is_session(each.pid);
    });
  }
  return members;
}

constexpr const char* own_name = "the load generator";
/// How long the watch waits for an answer, and from when on the pooler did not serve: its console
/// answers within milliseconds where it has a core.
constexpr Duration pooler_patience = std::chrono::seconds(1);
constexpr Duration pooler_silence_limit = milliseconds(300);

/// Once it was silent it is not asked again: that would take the watch's time.
void ask_pooler(Watch& seen, chain::Chain& chain, const Clock& clock, Instant end) {
  if (!seen.pooler_failure.empty()) return;
  const Instant asked = clock.now();
  const auto sample =
      chain.sample_pooler(std::clamp<Duration>(end - asked, milliseconds(50), pooler_patience));
  seen.pooler_silent = std::max(seen.pooler_silent, clock.now() - asked);
  if (sample) {
    seen.add(*sample);
  } else {
    seen.pooler_failure = sample.error().what;
  }
}

/// Of the first process of each part and of some others, and of unrig.
void look_at_groups(Holds& holds, const host::ControlGroups& groups, const Lives& lives) {
  constexpr std::size_t members_looked_at = 8;
  const auto look = [&](const std::string& who, pid_t pid) {
    const auto held_by = groups.holding(pid, "cpu");
    if (held_by) {
      holds.look(who, *held_by, host::throttling);
    } else if (process::entry_of(pid)) {  // who has ended is named for that
      holds.not_readable(who, held_by.error().what);
    }
    const auto freezer = groups.holding(pid, "freezer");
    if (freezer && host::is_frozen(freezer->front())) holds.frozen(who, freezer->front());
  };
  look(own_name, ::getpid());
  for (const Part& part : lives.parts()) {
    for (std::size_t i = 0; i < std::min(members_looked_at, part.members.size()); ++i) {
      look("the " + part.name, part.members[i].pid);
    }
  }
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

void Watch::add(const chain::PoolerSample& sample) {
  ++samples;
  sessions_max = std::max(sessions_max, sample.servers);
  sessions_sum += sample.servers;
  active_sum += sample.servers_active;
  waiting_sum += sample.clients_waiting;
}

std::vector<Part> parts_of(const chain::Chain& chain) {
  std::vector<Part> parts;
  const auto all = process::all_processes();
  for (const auto& component : chain.components()) {
    Part part{.name = component.name, .root = component.pid, .members = {}};
    part.members = members_of(all, part);
    // Where /proc shows processes at all, one that it does not show is not there any more.
    if (part.members.empty() && !all.empty()) {
      process::Entry gone;
      gone.pid = component.pid;
      part.members.push_back(gone);
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

void end_of_lives(Lives& lives, const Clock& clock) {
  const auto all = process::all_processes();
  lives.end(clock.now(), process::entry_of,
            [&](const Part& part) { return members_of(all, part); });
}

Watch watch(chain::Chain& chain, const Clock& clock, Instant start, const load::Plan& plan,
            Lives& lives, const std::stop_token& stop) {
  constexpr milliseconds interval{100};
  constexpr int looks_per_slow_look = 5;
  Watch seen;
  const auto groups = host::ControlGroups::of_this_machine();
  const Instant begin = start + plan.warmup;
  const Instant end = begin + plan.duration;
  int looks = 0;
  const auto look = [&] {
    lives.look(clock.now(), process::entry_of);
    const bool is_slow = looks++ % looks_per_slow_look == 0;
    if (is_slow) look_at_groups(seen.holds, groups, lives);
    return is_slow;
  };
  for (Instant next = start; next < begin && !stop.stop_requested(); next += interval) {
    sleep_until(clock, next, stop);
    look();
  }
  sleep_until(clock, begin, stop);
  seen.first_at = clock.now();
  seen.first = read_cpu(chain);
  for (Instant next = begin + interval; next < end && !stop.stop_requested(); next += interval) {
    sleep_until(clock, next, stop);
    // First the looks: a pooler that is stopped keeps the question waiting until it goes on.
    const bool is_slow = look();
    ask_pooler(seen, chain, clock, end);
    if (!is_slow) continue;
    if (const auto mhz = host::core_mhz()) seen.core_mhz.push_back(*mhz);
  }
  sleep_until(clock, end, stop);
  seen.last_at = clock.now();
  seen.last = read_cpu(chain);
  look_at_groups(seen.holds, groups, lives);
  return seen;
}

void look_at_own_groups(Holds& holds) {
  look_at_groups(holds, host::ControlGroups::of_this_machine(), Lives({}));
}

std::vector<Mishap> fill_holds(record::Trial& trial, const Holds& holds, Duration window) {
  if (const auto held = holds.longest()) trial.disturbance.throttled_seconds = seconds(*held);
  if (!holds.unreadable().empty() || !holds.longest()) {
    trial.could_not_read(
        "whether a CPU quota held something back",
        holds.unreadable().empty() ? "no control group could be looked at" : holds.unreadable());
  }
  return holds.mishaps(window, throttled_limit);
}

void add_own_stops(std::vector<Mishap>& mishaps, std::uint64_t times) {
  if (times == 0) return;
  mishaps.push_back({.reason = fmt::format("unrig was stopped{} by a signal, as SIGSTOP does",
                                           times == 1 ? "" : fmt::format(" {} times", times))});
}

std::vector<Mishap> mishaps_of(record::Trial& trial, const Watch& seen, const Lives& lives,
                               Duration window, Duration own_stall) {
  std::vector<Mishap> found = lives.mishaps();
  const bool unseen =
      std::ranges::any_of(lives.parts(), [](const Part& part) { return part.members.empty(); });
  if (unseen) {
    trial.could_not_read("whether the parts of the chain lived through it",
                         "/proc shows no processes");
  }
  for (Mishap& mishap : fill_holds(trial, seen.holds, window)) found.push_back(std::move(mishap));
  const bool named = std::ranges::any_of(
      found, [](const Mishap& mishap) { return mishap.who.contains("the pooler"); });
  // Who was stopped in the middle of a question has not heard the answer.
  if (!named && seen.pooler_silent - own_stall >= pooler_silence_limit) {
    found.push_back(
        {.reason = fmt::format("the pooler did not answer for {}{}", human(seen.pooler_silent),
                               seen.pooler_failure.empty() ? "" : ": " + seen.pooler_failure),
         .who = {"the pooler"}});
  }
  return found;
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
  if (!counts_sessions || seen.samples == 0) {
    const std::string why =
        seen.pooler_failure.empty() ? "the window is too short" : seen.pooler_failure;
    trial.could_not_read("database sessions",
                         counts_sessions ? why : "only a pooler counts them, and there is none");
    return;
  }
  if (!seen.pooler_failure.empty()) {
    trial.could_not_read("database sessions, at times", seen.pooler_failure);
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

FullQueues full_queues(const chain::Addresses& addresses) {
  FullQueues found{.chain = 0, .machine = host::net_counters().listen_overflows};
  for (const auto& at : {addresses.proxy, addresses.application, addresses.pooler}) {
    if (!at.is_set()) continue;
    const auto queue = host::listen_queue(at.port);
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
