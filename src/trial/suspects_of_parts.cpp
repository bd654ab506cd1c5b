// The rules of the parts of the chain: who is at its limit while the cores are not.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/plural.h"
#include "trial/limiter.h"
#include "trial/suspects.h"

namespace unrig::trial {
namespace {

using record::Component;
using record::ProcessSignals;

constexpr double ms_per_s = 1e3;

/// Whether enough of the requests under way wait, at places that add up to so many or where nobody
/// sees them, for something that is nearly used up to be what they wait for.
bool many_wait(const Scene& scene, double seen) {
  // Whom a full listen queue turned away waits elsewhere as well, for a second and more.
  const bool turned_away = scene.trial.signals.machine.listen_overflows.value_or(0) > 0;
  const auto share = scene.share(seen + (turned_away ? 0 : scene.where.elsewhere.value_or(0)));
  return scene.where.elsewhere && share.value_or(0) >= queue_share_limit;
}

/// The same of the proxy, which may tell itself what it has.
bool many_wait_for_proxy(const Scene& scene) {
  const record::UnderWay& where = scene.where;
  const double queue = where.proxy_queue.value_or(0);
  if (!where.before_proxy) return many_wait(scene, queue);
  return scene.share(queue + *where.before_proxy).value_or(0) >= queue_share_limit;
}

/// Of the parts in front of the database, whether this one has the thread that ran longest.
bool has_busiest_thread(const Scene& scene, Component component) {
  const auto ran = [&](Component of) {
    const ProcessSignals* part = scene.trial.signals.of(of);
    return part == nullptr ? 0.0 : part->busiest_thread.value_or(0);
  };
  return std::ranges::none_of(std::array{Component::proxy, Component::app, Component::pooler},
                              [&](Component other) { return ran(other) > ran(component); });
}

/// Of a part whose threads do one thing at a time each; whether many requests wait for it.
std::optional<Finding> of_thread(const Scene& scene, Component component, record::Suspect suspect,
                                 bool many) {
  const ProcessSignals* part = scene.trial.signals.of(component);
  if (part == nullptr) return std::nullopt;
  if (!part->busiest_thread) {
    suspect.evidence.push_back(not_checked(part->busiest_thread.why()));
    return Finding{suspect, false};
  }
  const double ran = *part->busiest_thread;
  const double waited = part->busiest_thread_wait.value_or(0);
  suspect.margin = left(ran);
  suspect.evidence.push_back(
      fmt::format("its busiest thread ran {:.0f} % of the time{}{}", ran * 100,
                  waited >= 0.005 ? fmt::format(" and was ready without a core for "
                                                "{:.0f} %",
                                                waited * 100)
                                  : "",
                  scene.while_busy()));
  const bool never_idle = ran >= thread_near_limit && ran + waited >= thread_idle_limit;
  const bool near = ran >= thread_near_limit && many && has_busiest_thread(scene, component);
  return Finding{suspect, scene.cpu_is_used_up && (ran >= thread_limit || never_idle || near)};
}

/// How many workers of a sync stack had a request, by what was seen of it: each place where a
/// request is that one worker waits with, or where its threads were found. Not set: nothing was.
std::optional<double> busy_workers(const Scene& scene) {
  std::optional<double> busy;
  const record::DoingSignals& doing = scene.trial.signals.doing;
  if (doing.running && doing.polling && doing.receiving)
    busy = *doing.running + *doing.polling + *doing.receiving;
  // By Little's law no fewer than the requests behind them, and on their own cores.
  const ProcessSignals* app = scene.trial.signals.of(Component::app);
  if (scene.where.asleep && app != nullptr && app->cpu_seconds) {
    const double behind = *scene.where.asleep + scene.where.database.value_or(0) +
                          scene.where.for_session.value_or(0);
    const double own =
        (*app->cpu_seconds + app->queue_wait_seconds.value_or(0)) / scene.trial.window_seconds;
    busy = std::max(busy.value_or(0), behind + own);
  }
  return busy;
}

/// Mean number of sessions that had a statement or an open transaction.
double sessions_at_work(const Scene& scene) {
  return scene.where.asleep.value_or(0) + scene.where.database.value_or(0) +
         scene.trial.signals.activity.idle_in_transaction.value_or(0);
}

/// Whether an application that keeps its sessions has too few for its requests: then nobody waits
/// at the pooler, which has given out all there are, but in the application. A sync worker has its
/// own session, and never waits for another's.
bool kept_sessions_are_short(const Scene& scene) {
  return is_async(scene.conditions.concurrency) &&
         sessions_at_work(scene) >= thread_near_limit * scene.conditions.sessions &&
         many_wait(scene, scene.where.for_session.value_or(0));
}

/// How many of its sessions were ready to run without a core, on average, while cores were idle:
/// it has few of its own, and those are used up.
double starved(const Scene& scene) {
  const ProcessSignals* database = scene.trial.signals.of(Component::database);
  if (scene.cpu_is_used_up.value_or(true) || scene.trial.window_seconds <= 0) return 0;
  return database->queue_wait_seconds.value_or(0) / scene.trial.window_seconds;
}

/// Whether the database's own work, or what it is kept from, is what requests are at: of all that
/// are under way, or of those that something is done for.
bool is_most_of_it(const Scene& scene, double work, double blocked) {
  constexpr double least = 0.5;  // of one session: no more than chance
  if (work < least) return false;
  if (scene.share(work).value_or(0) >= queue_share_limit) return true;
  const double served = scene.served().value_or(0);
  return served > 0 && (work >= database_most_limit * served ||
                        (blocked >= least && blocked >= database_work_limit * served));
}

}  // namespace

namespace rules {

std::optional<Finding> database(const Scene& scene) {
  const record::Signals& signals = scene.trial.signals;
  if (signals.of(Component::database) == nullptr) return std::nullopt;
  record::Suspect suspect{.name = "database"};
  if (!scene.where.database) {
    suspect.evidence.push_back(not_checked(signals.activity.working.why()));
    return Finding{suspect, false};
  }
  const record::ActivitySignals& activity = signals.activity;
  const double work = *scene.where.database;
  // Of the time that its sessions are in use: the wanted sleep and what the application holds open
  // are no work.
  const double in_use =
      work + activity.asleep.value_or(0) + activity.idle_in_transaction.value_or(0);
  const double share = in_use > 0 ? work / in_use : 0;
  suspect.margin = left(share);
  suspect.evidence.push_back(fmt::format(
      "{:.1f} sessions are at work ({:.1f} wait for a lock, {:.1f} for the disk), beside {:.1f} in "
      "the query's own sleep and {:.1f} idle in the application's transactions",
      work, activity.locked.value_or(0), activity.io.value_or(0), activity.asleep.value_or(0),
      activity.idle_in_transaction.value_or(0)));
  const auto answered = static_cast<double>(scene.trial.answered());
  if (signals.sessions.query_seconds && answered > 0) {
    constexpr double us_per_ms = 1e3;
    suspect.evidence.push_back(
        fmt::format("its answers took {:.1f} ms per request, {:.1f} ms of them the sleep",
                    *signals.sessions.query_seconds / answered * ms_per_s,
                    scene.conditions.delay_us / us_per_ms));
  }
  const double ready = std::min(starved(scene), activity.working.value_or(0));
  if (ready >= 0.05) {
    suspect.evidence.push_back(
        fmt::format("{:.1f} of them are ready to run without a core{}", ready, scene.while_busy()));
  }
  const double blocked = activity.locked.value_or(0) + activity.io.value_or(0) + ready;
  return Finding{suspect, share >= database_work_limit && is_most_of_it(scene, work, blocked)};
}

std::optional<Finding> pooler(const Scene& scene) {
  const double queue = scene.where.pooler_queue.value_or(0) + scene.where.for_session.value_or(0);
  return of_thread(scene, Component::pooler, {.name = "pooler"}, many_wait(scene, queue));
}

std::optional<Finding> sessions(const Scene& scene) {
  if (scene.conditions.sessions <= 0) return std::nullopt;
  const record::SessionSignals& seen = scene.trial.signals.sessions;
  record::Suspect suspect{.name = "sessions", .knob = "db.sessions"};
  const bool is_short = kept_sessions_are_short(scene);
  if (is_short) {
    suspect.evidence.push_back(
        fmt::format("{:.1f} of {} sessions had a statement or a transaction, and many requests "
                    "wait in the application, whose pools hold them",
                    sessions_at_work(scene), scene.conditions.sessions));
  }
  if (!seen.active_mean || !seen.waiting_mean) {
    if (!is_short) suspect.evidence.push_back(not_checked(seen.active_mean.why()));
    return Finding{suspect, is_short};
  }
  const double use = *seen.active_mean / scene.conditions.sessions;
  suspect.margin = left(use);
  suspect.evidence.push_back(fmt::format("{:.1f} of {} sessions in use, {:.1f} waiting",
                                         *seen.active_mean, scene.conditions.sessions,
                                         *seen.waiting_mean));
  const auto answered = static_cast<double>(scene.trial.answered());
  if (seen.wait_seconds.value_or(0) > 0 && answered > 0)
    suspect.evidence.push_back(fmt::format("requests waited {:.1f} ms for one on average",
                                           *seen.wait_seconds / answered * ms_per_s));
  const bool are_used_up = use >= sessions_used_limit && *seen.waiting_mean > 0;
  // One that is being cleaned for the next client is not in use.
  const bool nearly =
      use >= thread_near_limit && scene.share(*seen.waiting_mean).value_or(0) >= queue_share_limit;
  return Finding{suspect, are_used_up || nearly || is_short};
}

std::optional<Finding> event_loop(const Scene& scene) {
  if (!has_event_loop(scene.conditions.concurrency)) return std::nullopt;
  return of_thread(scene, Component::app, {.name = "event loop", .knob = "workers.async"},
                   many_wait(scene, scene.where.app_queue.value_or(0)));
}

std::optional<Finding> workers(const Scene& scene) {
  if (is_async(scene.conditions.concurrency)) return std::nullopt;
  record::Suspect suspect{.name = "workers", .knob = "workers.sync"};
  const int number = scene.trial.workers;
  const bool shared = !scene.conditions.open_loop && scene.conditions.clients > number;
  const double queue = scene.where.before_proxy.value_or(0) + scene.where.proxy_queue.value_or(0) +
                       scene.where.app_queue.value_or(0);
  // Of a threaded stack nobody knows how many requests a worker takes.
  const bool is_sync = scene.conditions.concurrency == scenario::Concurrency::sync;
  const auto busy = is_sync && number > 0 ? busy_workers(scene) : std::nullopt;
  if (busy) {
    const double use = *busy / number;
    suspect.margin = left(use);
    suspect.evidence.push_back(fmt::format("{:.1f} of {} busy, {:.1f} requests wait for one{}",
                                           std::min(*busy, static_cast<double>(number)),
                                           counted(number, "worker"), queue, scene.while_busy()));
    // Of a closed loop no more wait than there are clients beyond the workers.
    const bool can_wait = shared || scene.conditions.open_loop;
    const bool bounds = (shared && use >= workers_limit) ||
                        (can_wait && use >= thread_near_limit && many_wait(scene, queue));
    return Finding{suspect, scene.cpu_is_used_up && bounds};
  }
  if (shared) {
    suspect.evidence.push_back(fmt::format("{} clients share {}{}", scene.conditions.clients,
                                           counted(number, "worker"), scene.while_busy()));
  } else {
    suspect.evidence.push_back(not_checked("how many were busy could not be seen"));
  }
  const bool nobody_waits = scene.waiting_share && !many_wait(scene, queue);
  return Finding{suspect, scene.cpu_is_used_up && shared && !nobody_waits};
}

std::optional<Finding> proxy(const Scene& scene) {
  auto found = of_thread(scene, Component::proxy, {.name = "proxy", .knob = "proxy.workers"},
                         many_wait_for_proxy(scene));
  const auto refused = scene.trial.signals.proxy.refused.value_or(0);
  if (found && refused > 0) {
    found->suspect.evidence.push_back(
        fmt::format("it had no room for {}", counted(refused, "connection")));
    found->bounds = true;
  }
  return found;
}

}  // namespace rules
}  // namespace unrig::trial
