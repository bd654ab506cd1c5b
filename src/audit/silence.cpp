#include "audit/silence.h"

#include <algorithm>

namespace unrig::audit {

Peaks peaks_of(const TapCounts& counts) {
  Peaks peaks{.all = counts.postgres.most_under_way};
  for (const auto& [pid, peer] : counts.peers) {
    if (peer.most_under_way > 0) peaks.each[pid] = peer.most_under_way;
  }
  return peaks;
}

Peaks ask_in_silence(Tap& database, WorkerWatch& watch, const Clock& clock,
                     const std::function<void()>& ask, int requests, Duration quiet,
                     std::optional<pid_t> alone, const std::function<void()>& meanwhile) {
  constexpr int together = 2;
  database.forget_peak();
  database.hold(true);
  int before = 0;
  Instant changed = clock.now();
  const auto enough = [&] {
    const auto counts = database.counts();
    const auto peer = alone ? counts.peers.find(*alone) : counts.peers.end();
    const int own = peer == counts.peers.end() ? 0 : peer->second.under_way;
    const int now = alone ? own : counts.postgres.under_way;
    if (now != before) changed = clock.now();
    before = now;
    return now >= (alone ? together : requests) || clock.now() - changed >= quiet;
  };
  const auto release = [&] {
    if (meanwhile) meanwhile();
    database.hold(false);
  };
  if (alone) {
    watch.look_while_alone(*alone, ask, enough, release);
  } else {
    watch.look_while(ask, enough, release);
  }
  return peaks_of(database.counts());
}

}  // namespace unrig::audit
