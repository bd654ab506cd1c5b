#include "audit/sql_points.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "audit/claims.h"
#include "audit/hops.h"
#include "audit/points.h"
#include "base/plural.h"
#include "base/text.h"
#include "chain/statements.h"

namespace unrig::audit {
namespace {

using record::Point;

constexpr const char* nobody_named = "the kernel does not tell who has connected";

/// The name of a point in the way of the scenario: pooled ones are told apart.
std::string named(const scenario::Scenario& scenario, std::string_view point) {
  const bool pooled = scenario.db_connection == scenario::Connection::pooled;
  return fmt::format("{}{}", pooled ? "pooled: " : "", point);
}

/// Why the wire cannot be read in the window; empty where it can.
std::string why_unread(const SqlWindow& window) {
  if (window.requests == 0)
    return window.not_made.empty() ? "no request was made" : window.not_made;
  if (window.after.postgres.unreadable > window.before.postgres.unreadable)
    return "what the application says to the database is encrypted, or no PostgreSQL protocol";
  return {};
}

record::Hop hop_of(const SqlWindow& window) {
  return hop_between("app", "pooler", window.before, window.after, window.requests);
}

std::string listed_statements(const record::Hop& hop) {
  std::vector<std::string> texts;
  for (const auto& [text, per_request] : hop.statements)
    texts.push_back(fmt::format("{:.3g} x {}", per_request, text));
  return texts.empty() ? "none" : join(texts, "; ");
}

/// Processes that have connected between the two, with their connections.
std::map<pid_t, TapPeer> peers_between(const TapCounts& start, const TapCounts& end) {
  std::map<pid_t, TapPeer> peers;
  for (const auto& [process, now] : end.peers) {
    const auto earlier = start.peers.find(process);
    const auto before = earlier == start.peers.end() ? 0 : earlier->second.connections;
    if (now.connections > before) peers.emplace(process, now);
  }
  return peers;
}

}  // namespace

Point statement_point(const scenario::Scenario& scenario, const SqlWindow& window) {
  const std::string wanted = chain::wanted_statement(true);
  Point point = point_demanded(named(scenario, "statement"), "once per request: " + wanted);
  if (auto why = why_unread(window); !why.empty())
    return point_open(std::move(point), std::move(why));
  const auto hop = hop_of(window);
  double runs = 0;
  for (const auto& [text, per_request] : hop.statements)
    if (chain::same_statement(text, wanted)) runs += per_request;
  if (std::abs(runs - 1) < 1e-9)
    return point_kept(std::move(point), fmt::format("in each of {} requests", window.requests));
  return point_broken(std::move(point), fmt::format("{:.3g} per request", runs),
                      "all statements per request: " + listed_statements(hop),
                      "run the statement of docs/application.md, once for each request");
}

Point statements_point(const stack::StackSpec& spec, const scenario::Scenario& scenario,
                       const SqlWindow& window) {
  const int expected = expected_statements(spec, scenario).value_or(1);
  Point point = point_demanded(named(scenario, "statements"),
                               fmt::format("{} per request, by its driver", expected));
  if (auto why = why_unread(window); !why.empty())
    return point_open(std::move(point), std::move(why));
  const auto hop = hop_of(window);
  const double seen = hop.statements_per_request();
  std::string told = fmt::format("{:.3g} per request", seen);
  // Rounded: a keep-alive of the driver's own must not count as a statement of every request.
  if (std::lround(seen) == expected) return point_kept(std::move(point), std::move(told));
  return point_broken(std::move(point), std::move(told), listed_statements(hop),
                      "ask the database nothing else: no ping, no reset, no second query");
}

Point own_sync_point(const scenario::Scenario& scenario, const TapCounts& start,
                     const TapCounts& end) {
  Point point = point_demanded(named(scenario, "own Sync"),
                               "each Execute has its own Sync, and a connection has one statement "
                               "under way at a time");
  if (end.postgres.unreadable > start.postgres.unreadable)
    return point_open(std::move(point), "what the application says to the database is unreadable");
  if (end.postgres.round_trips == start.postgres.round_trips)
    return point_open(std::move(point), "nothing was asked of the database");
  const auto executes = end.postgres.executes - start.postgres.executes;
  const auto own = end.postgres.own_syncs - start.postgres.own_syncs;
  const auto overlapped = end.postgres.overlapped - start.postgres.overlapped;
  if (own < executes) {
    return point_broken(std::move(point),
                        fmt::format("{} of {} have none of their own", executes - own, executes),
                        "the messages Bind, Execute and Sync",
                        "send Sync behind each Execute: one for several is a batch");
  }
  if (overlapped > 0) {
    return point_broken(
        std::move(point),
        fmt::format("{} sent before the one before was answered", counted(overlapped, "statement")),
        "one connection to the database",
        "give each request a connection of its own while it uses it");
  }
  return point_kept(std::move(point),
                    executes == 0 ? "simple queries, one at a time"
                                  : fmt::format("so in {0} of {0}, one at a time", executes));
}

Point connections_point(const scenario::Scenario& scenario, const SqlWindow& window) {
  const bool pooled = scenario.db_connection == scenario::Connection::pooled;
  Point point = point_demanded(
      named(scenario, "database connections"),
      pooled ? "none is opened for a request" : "one is opened, and closed, for each request");
  if (window.requests == 0) return point_open(std::move(point), why_unread(window));
  const auto opened = window.after.connections - window.before.connections;
  const auto requests = static_cast<std::uint64_t>(window.requests);
  std::string told = fmt::format("{} opened for {}", opened, counted(requests, "request"));
  // Pooled, a worker that had nothing to do before opens its own; pool_kept_point() bounds those.
  const bool right = pooled ? opened * 2 < requests : opened == requests;
  if (!right) {
    return point_broken(std::move(point), std::move(told), "the socket of UNRIG_DB_HOST",
                        pooled ? "keep a connection when its request has ended"
                               : "open one in the handler of the request, and close it there");
  }
  if (!pooled && window.after.open > window.before.open) {
    return point_broken(
        std::move(point),
        fmt::format("{}, {} still open", told, window.after.open - window.before.open),
        "the socket of UNRIG_DB_HOST", "close it when its request has ended");
  }
  return point_kept(std::move(point), std::move(told));
}

Point round_trips_point(const SqlWindow& window) {
  Point point = point_recorded("round trips",
                               "those of its driver: one for each statement, one "
                               "more where it is prepared, and its connection's");
  if (auto why = why_unread(window); !why.empty())
    return point_open(std::move(point), std::move(why));
  return point_kept(std::move(point),
                    fmt::format("{:.3g} per request", hop_of(window).round_trips.value_or(0)));
}

Point sql_bytes_point(const SqlWindow& window) {
  Point point = point_recorded("SQL bytes", "those of its driver");
  if (window.requests == 0) return point_open(std::move(point), why_unread(window));
  const auto hop = hop_of(window);
  return point_kept(std::move(point), fmt::format("{:.0f} to the database and {:.0f} back, per "
                                                  "request",
                                                  hop.bytes_forth, hop.bytes_back));
}

Point pool_share_point(const PoolShare& allowed, const TapCounts& start, const TapCounts& end) {
  Point point = point_demanded("pooled: share",
                               fmt::format("at most {} for each worker and {} in all, at one time",
                                           counted(allowed.share, "connection"), allowed.sum()));
  const auto peers = peers_between(start, end);
  if (peers.empty()) return point_open(std::move(point), nobody_named);
  std::uint64_t sum = 0;
  const auto* most = &*peers.begin();
  for (const auto& each : peers) {
    sum += each.second.most_open;
    if (each.second.most_open > most->second.most_open) most = &each;
  }
  // Threads of one process are its workers.
  const auto workers = static_cast<std::size_t>(allowed.workers);
  const auto workers_each = allowed.concurrency == scenario::Concurrency::threads
                                ? std::max<std::size_t>(1, workers / peers.size())
                                : 1;
  const auto share = static_cast<std::uint64_t>(allowed.share) * workers_each;
  const std::string help =
      "at most UNRIG_DB_POOL connections in each process; of UNRIG_WORKERS times that where all "
      "workers are threads of one process";
  if (most->second.most_open > share) {
    return point_broken(std::move(point), fmt::format("{} of one process", most->second.most_open),
                        fmt::format("process {}", most->first), help);
  }
  if (sum > allowed.sum()) {
    return point_broken(std::move(point), fmt::format("{} in all", sum),
                        fmt::format("{} processes of the server", peers.size()), help);
  }
  return point_kept(std::move(point), fmt::format("at most {} of one process, {} of all {}",
                                                  most->second.most_open, sum, peers.size()));
}

Point pool_kept_point(const PoolShare& allowed, const TapCounts& start, const TapCounts& end,
                      int requests) {
  Point point = point_demanded(
      "pooled: kept",
      fmt::format("never more than {} opened, however many requests there are", allowed.sum()));
  if (requests == 0) return point_open(std::move(point), "not all requests were answered");
  const auto opened = end.connections - start.connections;
  std::string told = fmt::format("{} opened for {}", opened, counted(requests, "request"));
  if (opened <= allowed.sum()) return point_kept(std::move(point), std::move(told));
  return point_broken(std::move(point), std::move(told), "the socket of UNRIG_DB_HOST",
                      "keep connections that are idle: no limit below the size of the pool");
}

Point no_database_point(const SqlWindow& window) {
  Point point = point_demanded("none: no database", "nobody is asked where db.connection is none");
  if (window.requests == 0) return point_open(std::move(point), why_unread(window));
  const auto opened = window.after.connections - window.before.connections;
  const auto bytes = window.after.bytes_forth - window.before.bytes_forth;
  const std::string told = fmt::format("{} and {} for {}", counted(opened, "connection"),
                                       counted(bytes, "byte"), counted(window.requests, "request"));
  if (opened == 0 && bytes == 0) return point_kept(std::move(point), told);
  return point_broken(std::move(point), told, "the socket of UNRIG_DB_HOST",
                      "make the row up by the rule of docs/application.md, and connect nowhere");
}

void add_pool_figures(const TapCounts& start, const TapCounts& end,
                      record::ContractFigures& figures) {
  using Size = record::Reading<std::uint64_t>;
  const auto peers = peers_between(start, end);
  if (peers.empty()) {
    figures.pool_most = figures.pool_sum = Size::not_checked(nobody_named);
    return;
  }
  std::uint64_t most = 0;
  std::uint64_t sum = 0;
  for (const auto& [process, peer] : peers) {
    most = std::max(most, peer.most_open);
    sum += peer.most_open;
  }
  figures.pool_most = most;
  figures.pool_sum = sum;
}

void add_sql_figures(const SqlWindow& window, record::ContractFigures& figures) {
  using Figure = record::Reading<double>;
  if (const auto why = why_unread(window); !why.empty()) {
    figures.database_connections = figures.statements = figures.round_trips =
        figures.sql_bytes_forth = figures.sql_bytes_back = Figure::not_checked(why);
    return;
  }
  const auto hop = hop_of(window);
  figures.database_connections = hop.connections;
  figures.statements = hop.statements_per_request();
  figures.round_trips = hop.round_trips.value_or(0);
  figures.sql_bytes_forth = hop.bytes_forth;
  figures.sql_bytes_back = hop.bytes_back;
}

}  // namespace unrig::audit
