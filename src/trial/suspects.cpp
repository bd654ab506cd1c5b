#include "trial/suspects.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>
#include <utility>
#include <vector>

#include "base/plural.h"
#include "base/text.h"
#include "trial/judge.h"
#include "trial/limiter.h"
#include "trial/lives.h"
#include "trial/under_way.h"

namespace unrig::trial {
namespace {

using record::Component;
using record::ProcessSignals;

std::string percent(double share) {
  return fmt::format("{:.0f} %", share * 100);
}

/// ": app 75 %, proxy 25 %", of the CPU time that was used; "" where nobody looked at the parts.
std::string shares_text(const Scene& scene) {
  if (!scene.conditions.watches_signals) return {};
  const record::CpuPerRequest& cpu = scene.trial.cpu_us_per_request;
  std::array<std::pair<double, std::string_view>, 6> parts{
      {{cpu.load.value_or(0), to_text(Component::load)},
       {cpu.proxy.value_or(0), to_text(Component::proxy)},
       {cpu.app.value_or(0), to_text(Component::app)},
       {cpu.pooler.value_or(0), to_text(Component::pooler)},
       {cpu.database.value_or(0), to_text(Component::database)},
       {cpu.unattributed.value_or(0), "unattributed"}}};
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  double sum = 0;
  for (const auto& [us, name] : parts) sum += us;
  std::string text;
  for (const auto& [us, name] : parts) {
    if (us <= 0) continue;
    text += fmt::format("{} {} {:.0f} %", text.empty() ? ":" : ",", name, 100 * us / sum);
  }
  return text;
}

/// Of the cores that the chain may run on, the share that its parts used within the window.
double chain_use(const record::Trial& trial) {
  double used_s = 0;
  for (const Component component : record::chain_components) {
    const ProcessSignals* part = trial.signals.of(component);
    if (part != nullptr) used_s += part->cpu_seconds.value_or(0);
  }
  return trial.window_seconds <= 0 ? 0
                                   : used_s / trial.window_seconds / trial.conditions->chain_cores;
}

/// Mean number of threads that were ready to run without a core.
double ready_without_core(const record::Trial& trial) {
  double waited_s = 0;
  for (const auto& [component, part] : trial.signals.processes)
    waited_s += part.queue_wait_seconds.value_or(0);
  return trial.window_seconds > 0 ? waited_s / trial.window_seconds : 0;
}

/// Of so many cores: by their use, or by how many wait for them beside it.
bool are_used_up(const record::Trial& trial, double use, int cores) {
  return use >= cpu_busy_limit || (use >= cpu_near_limit && ready_without_core(trial) >= cores);
}

/// Whether the chain has fewer cores than the machine, and used them up.
bool own_cores_are_used_up(const record::Trial& trial) {
  const record::Conditions& conditions = *trial.conditions;
  return conditions.chain_cores < conditions.cores &&
         are_used_up(trial, chain_use(trial), conditions.chain_cores);
}

std::optional<bool> is_used_up(const record::Trial& trial) {
  if (own_cores_are_used_up(trial)) return true;
  const record::Conditions& conditions = *trial.conditions;
  const record::Reading<double>& busy = trial.signals.machine.busy;
  if (!busy) return std::nullopt;
  const bool are_used = are_used_up(trial, *busy, conditions.cores);
  // Nobody knows then of the cores that are the chain's own.
  const bool is_unknown = !conditions.watches_signals && conditions.chain_cores < conditions.cores;
  return are_used || !is_unknown ? std::optional(are_used) : std::nullopt;
}

/// Of the window, for how long a CPU quota held it; that is counted from the load's beginning on.
double held_share(const record::Trial& trial, Component component) {
  const ProcessSignals* part = trial.signals.of(component);
  if (part == nullptr || trial.window_seconds <= 0) return 0;
  return std::min(1.0, part->throttled_seconds.value_or(0) / trial.window_seconds);
}

/// Why the load generator was not at its work, though it was not at its limit either; "" where it
/// was.
std::string absence(const Scene& scene) {
  const record::Events& events = scene.trial.events;
  for (const record::Mishap& mishap : events.mishaps) {
    if (mishap.who.empty()) return mishap.reason;
  }
  const double held = held_share(scene.trial, Component::load);
  const bool alone = std::ranges::none_of(record::chain_components, [&](Component component) {
    return held_share(scene.trial, component) >= held;
  });
  if (held >= held_limit && alone && scene.conditions.quota_cpus == 0)
    return fmt::format("a CPU quota held it back for {} of the window", percent(held));
  // Where the cores are used up nobody is on time.
  if (scene.cpu_is_used_up.value_or(false)) return {};
  if (!events.away_generator.empty()) return events.away_generator;
  return scene.conditions.open_loop ? events.late_generator : "";
}

/// One of the run's own quotas.
struct OwnQuota {
  std::string knob;
  double cpus = 0;
  std::string whose;  ///< " of the app (quota.app)"; "" for that of the whole chain
  const record::Reading<double>* used_up = nullptr;
};

std::vector<OwnQuota> quotas_in_force(const Scene& scene) {
  const record::Signals& signals = scene.trial.signals;
  std::vector<OwnQuota> found;
  if (scene.conditions.quota_cpus > 0) {
    found.push_back(
        {"machine.cpu", scene.conditions.quota_cpus, "", &signals.machine.quota_used_up});
  }
  for (const Component component : record::chain_components) {
    const double cpus = scene.conditions.quotas.of(component);
    const ProcessSignals* part = signals.of(component);
    if (cpus == 0 || part == nullptr) continue;
    const std::string knob = fmt::format("quota.{}", to_text(component));
    found.push_back({knob, cpus, fmt::format(" of {} ({})", name_in_text(component), knob),
                     &part->quota_used_up});
  }
  // What was not read is least; of equals that of the whole chain comes first.
  std::ranges::stable_sort(found, std::ranges::greater{},
                           [](const OwnQuota& quota) { return quota.used_up->value_or(-1); });
  return found;
}

/// The one that was used up most is the suspect, and the others are evidence.
std::optional<Finding> own_quotas(const Scene& scene) {
  const auto quotas = quotas_in_force(scene);
  if (quotas.empty()) return std::nullopt;
  const OwnQuota& most = quotas.front();
  record::Suspect suspect{.name = "cpu (quota)", .knob = most.knob};
  if (*most.used_up) suspect.margin = left(**most.used_up);
  for (const auto& [knob, cpus, whose, used_up] : quotas) {
    if (!*used_up) {
      suspect.evidence.push_back(not_checked(used_up->why()));
      continue;
    }
    suspect.evidence.push_back(
        fmt::format("the quota of {:g} CPUs{} was used up in {} of its periods{}", cpus, whose,
                    percent(**used_up), whose.empty() ? shares_text(scene) : ""));
  }
  return Finding{suspect, most.used_up->value_or(0) >= quota_used_limit};
}

std::optional<Finding> quota_of_others(const Scene& scene) {
  double longest = 0;
  std::vector<std::string> who;
  for (const Component component : record::chain_components) {
    const double held = held_share(scene.trial, component);
    if (held <= 0) continue;
    longest = std::max(longest, held);
    who.push_back(name_in_text(component));
  }
  if (who.empty()) return std::nullopt;
  return Finding{
      {.name = "cpu (quota)",
       .evidence = {fmt::format("a CPU quota that is not the run's own held {} back, for {} of the "
                                "window",
                                join(who, ", "), percent(longest))}},
      longest >= held_limit};
}

}  // namespace

Scene::Scene(const record::Trial& of)
    : trial(of),
      conditions((assert(of.conditions), *of.conditions)),
      where(under_way(of)),
      cpu_is_used_up(is_used_up(of)) {
  waiting_share = share(waiting(where));
}

std::optional<double> Scene::share(const std::optional<double>& requests) const {
  if (!requests || !where.all || *where.all <= 0) return std::nullopt;
  return std::min(1.0, *requests / *where.all);
}

std::optional<double> Scene::served() const {
  const auto idle = waiting(where);
  return idle ? std::optional(*where.all - *idle) : std::nullopt;
}

std::string Scene::while_busy() const {
  const auto& busy = trial.signals.machine.busy;
  return busy ? fmt::format(", while {} of the CPU is busy", percent(*busy)) : "";
}

double left(double used) {
  return std::clamp(1 - used, 0.0, 1.0);
}

std::string not_checked(const std::string& why) {
  return "not checked: " + why;
}

bool queue_explains_failures(const record::Trial& trial) {
  const auto overflows = trial.signals.machine.listen_overflows.value_or(0);
  return overflows > 0 && overflows >= trial.total.failed();
}

namespace rules {

std::optional<Finding> errors(const Scene& scene) {
  const record::Trial& trial = scene.trial;
  const auto failed = trial.total.failed();
  const bool bounds =
      trial.window.completed == 0 ||
      static_cast<double>(failed) > failed_limit * static_cast<double>(trial.total.issued);
  if (failed == 0 && !bounds) return std::nullopt;
  record::Suspect suspect{
      .name = "errors",
      .evidence = {fmt::format("{} of {} requests failed", failed, trial.total.issued)}};
  const record::MachineSignals& machine = trial.signals.machine;
  const auto no_port = trial.total.failed_by[static_cast<std::size_t>(tally::Failure::no_port)];
  if (no_port > 0 && machine.time_wait && machine.local_ports) {
    suspect.evidence.push_back(
        fmt::format("{} found no local port: {} of them, and {} connections in TIME_WAIT", no_port,
                    *machine.local_ports, *machine.time_wait));
  }
  return Finding{suspect, bounds};
}

std::optional<Finding> load_generator(const Scene& scene) {
  const ProcessSignals* load = scene.trial.signals.of(Component::load);
  const double use = generator_use(scene.trial);
  const std::string away = absence(scene);
  record::Suspect suspect{.name = "load generator"};
  // In an open loop its CPU says nothing: it may spin until a request is due.
  const bool is_closed = !scene.conditions.open_loop;
  const bool bounds = (is_closed && use >= generator_cpu_limit) || !away.empty();
  if (is_closed && load != nullptr && load->cpu_seconds) {
    suspect.margin = left(use);
    suspect.evidence.push_back(percent(use) + " of its core");
  }
  if (!away.empty()) suspect.evidence.push_back(away);
  if (suspect.evidence.empty() && is_closed)
    suspect.evidence.push_back(not_checked("its CPU time could not be read"));
  return suspect.evidence.empty() ? std::nullopt : std::optional(Finding{suspect, bounds});
}

std::optional<Finding> quota(const Scene& scene) {
  auto found = own_quotas(scene);
  return found ? found : quota_of_others(scene);
}

std::optional<Finding> cpu(const Scene& scene) {
  const record::Trial& trial = scene.trial;
  const record::Conditions& conditions = scene.conditions;
  record::Suspect suspect{.name = "cpu"};
  const record::Reading<double>& busy = trial.signals.machine.busy;
  const bool has_own_cores = conditions.chain_cores < conditions.cores;
  if (has_own_cores) suspect.knob = "machine.cores";
  if (own_cores_are_used_up(trial) || (has_own_cores && !busy)) {
    const double use = chain_use(trial);
    suspect.margin = left(use);
    suspect.evidence.push_back(fmt::format("{} of the chain's {} busy{}", percent(use),
                                           counted(conditions.chain_cores, "core"),
                                           shares_text(scene)));
  } else if (busy) {
    suspect.margin = left(has_own_cores ? std::max(*busy, chain_use(trial)) : *busy);
    suspect.evidence.push_back(
        fmt::format("{} of {} cores busy{}", percent(*busy), conditions.cores, shares_text(scene)));
  } else {
    suspect.evidence.push_back(not_checked(busy.why()));
  }
  if (const double ready = ready_without_core(trial); ready > 0) {
    suspect.evidence.push_back(
        fmt::format("{:.1f} threads were ready to run without a core", ready));
  }
  constexpr double notable_interrupts = 0.25;
  const auto& interrupts = trial.signals.machine.core_interrupts;
  if (interrupts.value_or(0) >= notable_interrupts)
    suspect.evidence.push_back(fmt::format("interrupts took {} of one core", percent(*interrupts)));
  return Finding{suspect, scene.cpu_is_used_up.value_or(false)};
}

std::optional<Finding> listen_queue(const Scene& scene) {
  const record::Trial& trial = scene.trial;
  const auto overflows = trial.signals.machine.listen_overflows.value_or(0);
  record::Suspect suspect{.name = "listen queue", .knob = "listen_backlog"};
  std::string fullest;
  for (const auto& [component, part] : trial.signals.processes) {
    if (!listens(component) || !part.queue.most || part.queue.limit.value_or(0) == 0) continue;
    const double margin =
        left(static_cast<double>(*part.queue.most) / static_cast<double>(*part.queue.limit));
    if (suspect.margin && margin >= *suspect.margin) continue;
    suspect.margin = margin;
    fullest = fmt::format("at most {} of {} connections waited to be accepted by {}",
                          *part.queue.most, *part.queue.limit, name_in_text(component));
  }
  if (overflows > 0)
    suspect.evidence.push_back(
        fmt::format("{} found a full listen queue", counted(overflows, "connection")));
  if (const auto again = trial.signals.machine.retransmissions.value_or(0);
      overflows > 0 && again > 0) {
    suspect.evidence.push_back(fmt::format("TCP sent {} again", counted(again, "segment")));
  }
  if (!fullest.empty()) suspect.evidence.push_back(fullest);
  if (suspect.evidence.empty()) return std::nullopt;
  return Finding{suspect, overflows > 0};
}

std::optional<Finding> latency(const Scene& scene) {
  if (scene.conditions.delay_us <= 0) return std::nullopt;
  const double share =
      scene.conditions.delay_us / std::max(1.0, scene.trial.service_us.mean.value_or(0));
  return Finding{
      {.name = "latency",
       .knob = "db.delay",
       .margin = left(share),
       .evidence = {fmt::format("{} of the response time is the query's sleep: this measures the "
                                "sleep, not the stack",
                                percent(share))}},
      scene.cpu_is_used_up && share > latency_share_limit};
}

std::optional<Finding> clients(const Scene& scene) {
  if (scene.conditions.open_loop) return std::nullopt;
  const int number = scene.conditions.clients;
  record::Suspect suspect{.name = "clients", .knob = "clients", .margin = scene.waiting_share};
  const auto& busy = scene.trial.signals.machine.busy;
  if (busy) {
    suspect.evidence.push_back(fmt::format("{} leave{} {} of the CPU idle",
                                           counted(number, "client"), number == 1 ? "s" : "",
                                           percent(1 - *busy)));
  }
  if (scene.waiting_share)
    suspect.evidence.push_back(
        fmt::format("{} of their requests wait for something", percent(*scene.waiting_share)));
  if (suspect.evidence.empty()) suspect.evidence.push_back(not_checked(busy.why()));
  return Finding{suspect, scene.cpu_is_used_up.has_value()};
}

}  // namespace rules
}  // namespace unrig::trial
