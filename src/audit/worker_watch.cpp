#include "audit/worker_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "host/usage.h"
#include "host/waits.h"
#include "process/tree.h"

namespace unrig::audit {
namespace {

using std::chrono::milliseconds;

constexpr auto between_looks = milliseconds(2);
/// Who has just taken a connection may not be waiting for it yet.
constexpr int looks_at_waits = 5;

}  // namespace

/// One time in which connections are offered.
struct WorkerWatch::Round {
  Round(const Server& server, const Clock& clock, bool with_stops)
      : stops(with_stops), halt(clock), requests(server.at, server.request, clock) {}

  /// Whoever has taken one.
  void stop(pid_t pid) {
    if (!stops) return;
    halt.stop(pid);
    stopped[pid] = host::sockets_of(pid).value_or(host::Sockets{});
  }
  /// All go on, and nobody is stopped any more.
  void resume() {
    stops = false;
    halt.resume();
    stopped.clear();
  }

  bool stops;
  host::Halt halt;
  HalfRequests requests;
  Looks looks;
  /// What they have does not change, but where one that was slow to stop has taken one more: so
  /// nobody is judged by it before all go on.
  std::map<pid_t, host::Sockets> stopped;
  int waiting = 0;  ///< connections that nobody has taken
};

WorkerWatch::WorkerWatch(Server server, const Clock& clock)
    : server_(std::move(server)), clock_(clock) {
  for (const pid_t process : host::descendants(server_.process)) {
    const auto sockets = host::sockets_of(process);
    if (!sockets) continue;
    for (const auto& [descriptor, inode] : *sockets) before_[process].insert(inode);
  }
}

void WorkerWatch::find(int wanted, Duration patience, const std::stop_token& stop) {
  const Instant deadline = clock_.now() + patience;
  // Where workers take turns by a lock, whoever is stopped may have it: so not every time.
  bool stops = false;
  do {
    stops = !stops;
    find_once(wanted, stops);
  } while (static_cast<int>(workers_.all.size()) < wanted && workers_.missing.empty() &&
           workers_.strangers.empty() && clock_.now() < deadline && !stop.stop_requested());
  if (workers_.all.empty() && workers_.missing.empty())
    workers_.missing = unseen_.empty() ? "no process takes a connection" : unseen_;
  for (Worker& worker : workers_.all) {
    auto image = host::image_of(worker.pid);
    worker.image_not_seen = image ? "" : image.error().what;
    if (image) worker.image = *std::move(image);
  }
}

void WorkerWatch::find_once(int wanted, bool stops) {
  constexpr auto quiet_when_all = milliseconds(300);
  constexpr auto quiet_when_lacking = milliseconds(1000);
  constexpr auto asks_again = milliseconds(50);
  constexpr auto answers_in = std::chrono::seconds(5);
  constexpr int per_worker = 10;
  constexpr int surplus = 64;  // so many too many are enough to know
  const auto lacking = [&] { return wanted - static_cast<int>(workers_.all.size()); };
  Round round(server_, clock_, stops);
  for (const pid_t pid : workers_.pids()) round.stop(pid);
  if (const auto done = round.requests.open(std::max(1, lacking())); !done) {
    if (workers_.all.empty()) workers_.missing = done.error().what;
    return;
  }
  const auto most = static_cast<std::size_t>(per_worker * std::max(1, wanted));
  Instant progress = clock_.now(), asked = progress;
  while (workers_.missing.empty() && lacking() > -surplus) {
    const bool more = look_for_more(round);
    const Instant now = clock_.now();
    if (more) progress = now;
    // One that nobody has taken is offered to all, but where each listens by itself.
    std::size_t offers = round.waiting == 0 ? 1 : 0;
    if (listening_ > 1 && now - asked >= asks_again) offers = round.requests.size();
    offers = std::min(offers, most - std::min(most, round.requests.size()));
    if (offers > 0) {
      asked = now;
      static_cast<void>(round.requests.open(static_cast<int>(offers)));
    }
    if (now - progress >= (lacking() > 0 ? quiet_when_lacking : quiet_when_all)) break;
    clock_.sleep_for(between_looks);
  }
  let_go_on(round, wanted);
  round.requests.finish(answers_in);
}

/// Who was given a connection by another process while it was stopped takes it now. So who only
/// passes them on has none, and what nobody has then is with somebody whom the server did not
/// start.
void WorkerWatch::let_go_on(Round& round, int wanted) {
  constexpr auto usual = milliseconds(50), in_doubt = milliseconds(300);
  round.resume();
  const Instant begun = clock_.now();
  std::set<host::Inode> elsewhere;
  Duration patience = usual;
  while (workers_.missing.empty() && clock_.now() - begun < patience) {
    static_cast<void>(look_for_more(round));
    std::erase_if(workers_.all, [&](const Worker& each) {
      return unseen_.empty() && round.looks.has_passed_on(each.pid);
    });
    elsewhere = round.looks.held_elsewhere();
    const bool too_many = static_cast<int>(workers_.all.size()) > wanted;
    patience = too_many || !elsewhere.empty() ? in_doubt : usual;
    clock_.sleep_for(between_looks);
  }
  if (elsewhere.empty() || !workers_.missing.empty()) return;
  if (unseen_.empty()) {
    name_strangers(elsewhere);
  } else {
    workers_.missing = unseen_;
  }
}

bool WorkerWatch::look_for_more(Round& round) {
  auto at = host::connections_at(server_.at);
  if (!at) {
    workers_.missing = "the kernel does not show the connections of this machine";
    return false;
  }
  listening_ = std::max(1, static_cast<int>(at->listening.size()));
  round.waiting = at->waiting;
  Look now{.at = std::move(*at), .sockets = round.stopped};
  for (const pid_t process : host::descendants(server_.process)) {
    if (round.stopped.contains(process)) continue;
    if (auto sockets = host::sockets_of(process)) {
      now.sockets[process] = *std::move(sockets);
    } else if (process::entry_of(process)) {
      unseen_ = sockets.error().what;
    }
  }
  round.looks.add(now);
  bool more = false;
  for (const pid_t holder : round.looks.holders()) {
    if (workers_.find(holder) != nullptr || round.looks.has_passed_on(holder)) continue;
    more = true;
    Worker& worker = workers_.all.emplace_back(Worker{.pid = holder});
    for (int i = 0; i < looks_at_waits && worker.waits_for_clients_in.empty(); ++i) {
      if (i > 0) clock_.sleep_for(between_looks);
      see_waits(worker, now.sockets[holder], now.at);
    }
    round.stop(holder);
  }
  return more;
}

void WorkerWatch::name_strangers(const std::set<host::Inode>& held_elsewhere) {
  const auto own = host::descendants(server_.process);
  std::vector<std::string> found;
  for (const auto& [parent, entry] : process::all_processes()) {
    if (entry.kernel) continue;
    const auto sockets = host::sockets_of(entry.pid);
    if (!sockets) continue;
    const bool holds = std::ranges::any_of(
        *sockets, [&](const auto& each) { return held_elsewhere.contains(each.second); });
    if (!holds) continue;
    if (std::ranges::find(own, entry.pid) != own.end()) return;  // it has come to it meanwhile
    found.push_back(fmt::format("process {} ({})", entry.pid, entry.name));
  }
  if (found.empty()) found.emplace_back("a process that is not in sight");
  workers_.strangers = std::move(found);
}

void WorkerWatch::look(Looks& looks) {
  auto at = host::connections_at(server_.at);
  if (!at) return;
  Look now{.at = std::move(*at), .sockets = {}};
  for (Worker& worker : workers_.all) {
    auto sockets = host::sockets_of(worker.pid);
    if (!sockets) continue;
    see_waits(worker, *sockets, now.at);
    now.sockets[worker.pid] = *std::move(sockets);
  }
  looks.add(now);
}

void WorkerWatch::see_waits(Worker& worker, const host::Sockets& sockets,
                            const host::Connections& at) const {
  if (worker.image.program.empty()) {
    auto image = host::image_of(worker.pid);
    if (!image) return;
    worker.image = *std::move(image);
  }
  const auto waits = host::waits_of(worker.pid, sockets, worker.image.code);
  if (!waits) {
    worker.waits_not_seen = waits.error().what;
    return;
  }
  worker.waits_not_seen.clear();
  const auto earlier = before_.find(worker.pid);
  for (const host::Wait& wait : *waits) {
    for (const host::Inode inode : wait.sockets) {
      const bool of_client = at.accepted.contains(inode);
      const bool is_old = earlier != before_.end() && earlier->second.contains(inode);
      if (at.listening.contains(inode) || (is_old && !of_client)) continue;
      auto& seen = of_client ? worker.waits_for_clients_in : worker.waits_for_others_in;
      seen.insert(wait.code.begin(), wait.code.end());
    }
  }
}

void WorkerWatch::run(const std::function<void()>& ask, const std::function<bool()>& enough,
                      const std::function<void()>& release, Looks& looks) {
  std::atomic<bool> ended = false;
  std::jthread asking([&] {
    ask();
    ended = true;
  });
  while (!ended && !enough()) {
    look(looks);
    clock_.sleep_for(between_looks);
  }
  release();
  asking.join();
}

void WorkerWatch::look_while(const std::function<void()>& ask, const std::function<bool()>& enough,
                             const std::function<void()>& release) {
  run(ask, enough, release, looks_);
  for (Worker& worker : workers_.all) {
    worker.accepts = looks_.accepts(worker.pid);
    worker.most_held = looks_.most_held(worker.pid);
  }
}

void WorkerWatch::look_while_alone(pid_t worker, const std::function<void()>& ask,
                                   const std::function<bool()>& enough,
                                   const std::function<void()>& release) {
  host::Halt others(clock_);
  for (const pid_t pid : workers_.pids()) {
    if (pid != worker) others.stop(pid);
  }
  const auto release_all = [&] {
    others.resume();
    release();
  };
  Looks looks;
  run(ask, enough, release_all, looks);
}

}  // namespace unrig::audit
