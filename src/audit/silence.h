/// \file
/// How many requests a server works on at one time while the database is silent: without answers
/// nobody can be quick, so that what is seen does not depend on how fast or busy this machine is.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "audit/tap.h"
#include "audit/worker_watch.h"
#include "base/clock.h"
#include "host/census.h"

namespace unrig::audit {

/// What one process has to say to the database at one moment.
struct Talk {
  int connections = 0;          ///< that it has open
  int statements = 0;           ///< of these: that wait for an answer
  std::uint64_t exchanges = 0;  ///< times that it has sent a statement on one of them and waited
};
/// By the process that has opened the connections.
using Talks = std::map<pid_t, Talk>;
/// `openers`: of TCP connections to the relay. One that several processes hold was inherited, and
/// is the worker's among them.
[[nodiscard]] Talks talks_of(const TapCounts& counts, const host::Openers& openers,
                             const Workers& workers);
/// Of each process the most of both.
void add_most(const Talks& more, Talks& into);

/// Holds back what the database answers while `ask` runs, until as many statements as `requests`
/// are under way, or their number has not changed for `quiet`; calls `meanwhile` then, while all of
/// them wait. `alone`: all other workers are stopped until then; two statements more than there
/// were are enough. Returns how many were under way at one time.
[[nodiscard]] int ask_in_silence(Tap& database, WorkerWatch& watch, const Clock& clock,
                                 const std::function<void()>& ask, int requests, Duration quiet,
                                 const std::function<void()>& meanwhile,
                                 std::optional<pid_t> alone = {});

}  // namespace unrig::audit
