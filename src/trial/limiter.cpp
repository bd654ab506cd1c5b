#include "trial/limiter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "base/plural.h"
#include "trial/judge.h"

namespace unrig::trial {
namespace {

/// A pool of sessions counts as used up from this mean share in use.
constexpr double sessions_used_limit = 0.95;
/// Above this share of the response time, the query's own sleep is what was measured.
constexpr double latency_share_limit = 0.7;

record::Limiter limited_by(std::string name, std::string evidence) {
  return {.name = std::move(name), .confirmed = false, .evidence = {std::move(evidence)}};
}

std::string cpu_shares(const record::CpuPerRequest& cpu) {
  using record::Component;
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
    text += fmt::format("{}{} {:.0f} %", text.empty() ? "" : ", ", name, 100 * us / sum);
  }
  return text;
}

/// Of the cores that the chain may run on, the share that its parts used within the window.
double chain_use(const record::Trial& trial) {
  double used_s = 0;
  for (const record::Component component : record::chain_components) {
    const record::ProcessSignals* part = trial.signals.of(component);
    if (part != nullptr) used_s += part->cpu_seconds.value_or(0);
  }
  return trial.window_seconds <= 0 ? 0
                                   : used_s / trial.window_seconds / trial.conditions->chain_cores;
}

/// "40 % of the CPU"; whether it is busy or idle follows.
std::string share_text(double share) {
  return fmt::format("{:.0f} % of the CPU", share * 100);
}

}  // namespace

record::Limiter find_limiter(const record::Trial& trial) {
  assert(trial.conditions);
  const record::Conditions& conditions = *trial.conditions;
  const double issued = static_cast<double>(trial.total.issued);
  if (trial.window.completed == 0 ||
      static_cast<double>(trial.total.failed()) > failed_limit * issued) {
    return limited_by("errors", fmt::format("{} of {} requests failed", trial.total.failed(),
                                            trial.total.issued));
  }
  const record::Reading<double>& busy = trial.signals.machine.busy;
  const double generator = generator_use(trial);
  if (!conditions.open_loop && generator >= generator_cpu_limit) {
    return limited_by("load generator", fmt::format("{:.0f} % of its core", generator * 100));
  }
  if (!conditions.sees_server) {
    return limited_by(
        "unattributed",
        fmt::format(
            "seen from outside only: the load generator used {:.0f} % of its "
            "core{}",
            generator * 100,
            busy ? fmt::format(", {:.0f} % of this machine's CPU was busy", *busy * 100) : ""));
  }
  const record::Reading<double>& used_up = trial.signals.machine.quota_used_up;
  if (conditions.quota_cpus > 0 && used_up.value_or(0) >= quota_used_limit) {
    return limited_by(
        "cpu (quota)",
        fmt::format("the quota of {:g} CPUs was used up in {:.0f} % of its periods: {}",
                    conditions.quota_cpus, *used_up * 100, cpu_shares(trial.cpu_us_per_request)));
  }
  if (const double chain = chain_use(trial);
      conditions.chain_cores < conditions.cores && chain >= cpu_busy_limit) {
    return limited_by("cpu", fmt::format("{:.0f} % of the chain's {} busy: {}", chain * 100,
                                         counted(conditions.chain_cores, "core"),
                                         cpu_shares(trial.cpu_us_per_request)));
  }
  if (busy && *busy >= cpu_busy_limit) {
    return limited_by("cpu", fmt::format("{:.0f} % of {} cores busy: {}", *busy * 100,
                                         conditions.cores, cpu_shares(trial.cpu_us_per_request)));
  }
  const record::SessionSignals& sessions = trial.signals.sessions;
  if (sessions.active_mean.value_or(0) >= sessions_used_limit * conditions.sessions &&
      sessions.waiting_mean.value_or(0) > 0) {
    return limited_by("sessions", fmt::format("{:.1f} of {} sessions in use, {:.1f} waiting",
                                              *sessions.active_mean, conditions.sessions,
                                              *sessions.waiting_mean));
  }
  // Every rule below takes it for granted that the CPU was not used up.
  if (!busy) return limited_by("unattributed", "whether the CPU was used up could not be read");
  if (!conditions.open_loop && !is_async(conditions.concurrency) &&
      conditions.clients > trial.workers) {
    return limited_by("workers",
                      fmt::format("{} clients share {} while {} is busy", conditions.clients,
                                  counted(trial.workers, "worker"), share_text(*busy)));
  }
  const double share = conditions.delay_us / std::max(1.0, trial.service_us.mean.value_or(0));
  if (share > latency_share_limit) {
    return limited_by("latency", fmt::format("{:.0f} % of the response time is the query's sleep: "
                                             "this measures the sleep, not the stack",
                                             share * 100));
  }
  if (!conditions.open_loop) {
    return limited_by("clients",
                      fmt::format("{} leave{} {} idle", counted(conditions.clients, "client"),
                                  conditions.clients == 1 ? "s" : "", share_text(1 - *busy)));
  }
  return {};
}

}  // namespace unrig::trial
