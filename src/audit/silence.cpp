#include "audit/silence.h"

#include <algorithm>

namespace unrig::audit {

Talks talks_of(const TapCounts& counts, const host::Openers& openers, const Workers& workers) {
  const auto speaker = [&](const TapFront& front) -> pid_t {
    const auto found = openers.find(front.port);
    if (front.port == 0 || found == openers.end()) return front.process;
    const auto worker = std::ranges::find_if(
        found->second, [&](pid_t pid) { return workers.find(pid) != nullptr; });
    return worker == found->second.end() ? found->second.front() : *worker;
  };
  Talks talks;
  for (const auto& [number, front] : counts.fronts) {
    const pid_t pid = speaker(front);
    if (pid == 0) continue;
    Talk& talk = talks[pid];
    ++talk.connections;
    if (front.waits) ++talk.statements;
    talk.exchanges += front.exchanges;
  }
  return talks;
}

void add_most(const Talks& more, Talks& into) {
  for (const auto& [pid, talk] : more) {
    Talk& most = into[pid];
    most.connections = std::max(most.connections, talk.connections);
    most.statements = std::max(most.statements, talk.statements);
    most.exchanges = std::max(most.exchanges, talk.exchanges);
  }
}

int ask_in_silence(Tap& database, WorkerWatch& watch, const Clock& clock,
                   const std::function<void()>& ask, int requests, Duration quiet,
                   const std::function<void()>& meanwhile, std::optional<pid_t> alone) {
  constexpr int together = 2;
  database.forget_peak();
  database.hold(true);
  const auto under_way = [&] { return database.counts().postgres.under_way; };
  int before = under_way();
  const int wanted = alone ? before + together : requests;
  Instant changed = clock.now();
  const auto enough = [&] {
    const int now = under_way();
    if (now != before) changed = clock.now();
    before = now;
    return now >= wanted || clock.now() - changed >= quiet;
  };
  const auto release = [&] {
    meanwhile();
    database.hold(false);
  };
  if (alone) {
    watch.look_while_alone(*alone, ask, enough, release);
  } else {
    watch.look_while(ask, enough, release);
  }
  return database.counts().postgres.most_under_way;
}

}  // namespace unrig::audit
