/// \file
/// The points of the contract that the wire between application and database shows: counts of the
/// relay before the pooler go in, points come out. Pure.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <string_view>

#include "audit/tap.h"
#include "record/check.h"
#include "scenario/scenario.h"
#include "stack/spec.h"

namespace unrig::audit {

/// The relay between two moments, in which so many requests were answered one after the other.
struct SqlWindow {
  TapCounts before, after;
  int requests = 0;
  std::string not_made = {};  ///< why there were none
};

/// \name Each of these is one row of the contract, in one of the ways of `db.connection`
/// "pooled" ones are called so.
/// @{
[[nodiscard]] record::Point statement_point(const scenario::Scenario& scenario,
                                            const SqlWindow& window);
[[nodiscard]] record::Point statements_point(const stack::StackSpec& spec,
                                             const scenario::Scenario& scenario,
                                             const SqlWindow& window);
/// Of everything since the server was started, requests at once among it.
[[nodiscard]] record::Point own_sync_point(const scenario::Scenario& scenario,
                                           const TapCounts& start, const TapCounts& end);
[[nodiscard]] record::Point connections_point(const scenario::Scenario& scenario,
                                              const SqlWindow& window);
/// @}

/// \name Only recorded
/// @{
[[nodiscard]] record::Point round_trips_point(const SqlWindow& window);
[[nodiscard]] record::Point sql_bytes_point(const SqlWindow& window);
/// @}

/// What a pool may have: `share` connections of each of `workers` workers.
struct PoolShare {
  int share = 1;
  int workers = 1;
  scenario::Concurrency concurrency = scenario::Concurrency::sync;
  [[nodiscard]] std::uint64_t sum() const {
    return static_cast<std::uint64_t>(share) * static_cast<std::uint64_t>(workers);
  }
};
/// The processes that connected since `start`, and how many connections each had at one time. A
/// process is one worker, but where workers are threads: there it may be several.
[[nodiscard]] record::Point pool_share_point(const PoolShare& allowed, const TapCounts& start,
                                             const TapCounts& end);
/// Kept connections are opened once: no more of them, ever, than there may be at one time.
[[nodiscard]] record::Point pool_kept_point(const PoolShare& allowed, const TapCounts& start,
                                            const TapCounts& end, int requests);
/// Where `db.connection` is none.
[[nodiscard]] record::Point no_database_point(const SqlWindow& window);

/// The same as figures, of processes that connected between the two.
void add_pool_figures(const TapCounts& start, const TapCounts& end,
                      record::ContractFigures& figures);
/// Of a window with a new connection for each request.
void add_sql_figures(const SqlWindow& window, record::ContractFigures& figures);

}  // namespace unrig::audit
