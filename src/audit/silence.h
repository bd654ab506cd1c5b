/// \file
/// How many requests a server works on at one time while the database is silent: without answers
/// nobody can be quick, so that what is seen does not depend on how fast or busy this machine is.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>

#include "audit/tap.h"
#include "audit/worker_watch.h"
#include "base/clock.h"

namespace unrig::audit {

/// Statements under way at one time.
struct Peaks {
  int all = 0;
  std::map<pid_t, int> each = {};  ///< by the process that sent them
};
[[nodiscard]] Peaks peaks_of(const TapCounts& counts);

/// Holds back what the database answers while `ask` runs, until as many statements as `requests`
/// are under way, or their number has not changed for `quiet`. `alone`: all other workers are
/// stopped meanwhile; its own statements count, and two of them are enough. `meanwhile`: called
/// once while all of them wait.
[[nodiscard]] Peaks ask_in_silence(Tap& database, WorkerWatch& watch, const Clock& clock,
                                   const std::function<void()>& ask, int requests, Duration quiet,
                                   std::optional<pid_t> alone = {},
                                   const std::function<void()>& meanwhile = {});

}  // namespace unrig::audit
