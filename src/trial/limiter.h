/// \file
/// What bounded a trial. Pure: a record in, a finding out.
#pragma once

#include "record/record.h"

namespace unrig::trial {

// Limits of the rules. docs/verdicts.md explains each.
inline constexpr double cpu_busy_limit = 0.92;  ///< of all cores: limited by CPU
/// From here on they are used up where as many threads as there are cores wait for one.
inline constexpr double cpu_near_limit = 0.85;
/// Of the periods of a quota: where it is used up in half of them, it is what bounds.
inline constexpr double quota_used_limit = 0.5;
/// Of the window, for which a quota of others held somebody back.
inline constexpr double held_limit = 0.1;
/// A pool of sessions counts as used up from this mean share in use.
inline constexpr double sessions_used_limit = 0.95;
inline constexpr double workers_limit = 0.95;  ///< the same of workers
/// Of one core, by the thread that ran longest: it can do no more.
inline constexpr double thread_limit = 0.92;
/// From here on it, or the workers, are nearly used up: they are the limit where many requests
/// wait.
inline constexpr double thread_near_limit = 0.8;
/// Of the window, in which it ran or was ready to: it had nothing else to wait for.
inline constexpr double thread_idle_limit = 0.95;
/// Of the requests under way: so many make a queue.
inline constexpr double queue_share_limit = 0.2;
/// Of the time of its sessions, for which the database was at work.
inline constexpr double database_work_limit = 0.3;
/// Of the requests that something is done for, those that it works for.
inline constexpr double database_most_limit = 0.7;
/// Above this share of the response time, the query's own sleep is what was measured.
inline constexpr double latency_share_limit = 0.7;
/// Where nothing is at its limit and this share of the requests waits, it is no lack of clients.
inline constexpr double several_share_limit = 0.3;

/// All suspects, the likeliest first: those that their rules find at their limit, in the order of
/// docs/verdicts.md, then by what is left of them. The first of the former is the limiter; where
/// there is none it is `latency`, `several`, `clients` or `unattributed`. Of a server that is not
/// seen only errors and the load generator can be told, and without watch.signals also quotas, the
/// CPU and full listen queues. Never `confirmed`: only a perturbation can
/// do that. The trial's conditions must be set.
[[nodiscard]] record::Limiter find_limiter(const record::Trial& trial);

}  // namespace unrig::trial
