#include "audit/sql_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/testing_points.h"
#include "chain/statements.h"

namespace unrig::audit {
namespace {

using record::Point;
using record::PointOutcome;
using scenario::Connection;
using ::testing::HasSubstr;

const std::string statement = chain::wanted_statement(true);

scenario::Scenario with(Connection connection) {
  scenario::Scenario scenario;
  scenario.db_connection = connection;
  scenario.db_delay = std::chrono::milliseconds(20);
  return scenario;
}
/// Forty requests, each with these statements on a connection of its own.
SqlWindow window(std::map<std::string, std::uint64_t> statements) {
  SqlWindow made{.requests = 40};
  made.before.connections = 7;
  made.before.postgres.round_trips = 100;
  made.before.postgres.statements = {{statement, 3}};
  made.after = made.before;
  made.after.connections += 40;
  made.after.bytes_forth = 40 * 250;
  made.after.bytes_back = 40 * 400;
  made.after.postgres.round_trips += 40 * 5;
  for (const auto& [text, count] : statements) made.after.postgres.statements[text] += count;
  return made;
}
const auto per_request = with(Connection::per_request);
const auto pooled = with(Connection::pooled);

TEST(Statement, IsRunOnceForEachRequest) {
  EXPECT_TRUE(holds(statement_point(per_request, window({{statement, 40}, {"BEGIN", 40}}))));
  const auto cheaper =
      statement_point(per_request, window({{"SELECT t.a, t.b FROM test t WHERE t.a = ?", 40}}));
  EXPECT_TRUE(fails(cheaper));
  EXPECT_EQ(cheaper.observed, "0 per request");
  EXPECT_THAT(cheaper.where, HasSubstr("1 x SELECT t.a, t.b FROM test t WHERE t.a = ?"));
  EXPECT_TRUE(fails(statement_point(per_request, window({{statement, 39}})))) << "one was kept";
  EXPECT_TRUE(fails(statement_point(per_request, window({{statement, 80}}))));
  EXPECT_EQ(statement_point(pooled, window({{statement, 40}})).point, "pooled: statement");
}

TEST(Statement, IsNotJudgedWhereNobodyCouldRead) {
  SqlWindow none{.not_made = "a request failed: status 500"};
  auto encrypted = window({});
  encrypted.after.postgres.unreadable = 40;
  for (const auto* seen : {&none, &encrypted}) {
    EXPECT_TRUE(is_open(statement_point(per_request, *seen)));
    EXPECT_TRUE(is_open(statements_point({.driver = "psycopg2"}, per_request, *seen)));
    EXPECT_TRUE(is_open(round_trips_point(*seen)));
    record::ContractFigures figures;
    add_sql_figures(*seen, figures);
    EXPECT_FALSE(figures.statements);
    EXPECT_NE(figures.statements.why(), record::Reading<double>::nobody_looked);
  }
  EXPECT_EQ(statement_point(per_request, none).observed, "a request failed: status 500");
  EXPECT_TRUE(is_open(connections_point(per_request, none)));
  EXPECT_TRUE(is_open(sql_bytes_point(none)));
  EXPECT_TRUE(is_open(no_database_point(none)));
}

TEST(Statements, AreAsManyAsTheDriverIsKnownToSend) {
  const auto three = window({{statement, 40}, {"BEGIN", 40}, {"COMMIT", 40}});
  EXPECT_TRUE(holds(statements_point({.driver = "psycopg2"}, per_request, three)));
  EXPECT_TRUE(fails(statements_point({.driver = "asyncpg"}, per_request, three)));
  EXPECT_TRUE(fails(statements_point({.driver = "somebody's own"}, per_request, three)));
  EXPECT_TRUE(holds(
      statements_point({.driver = "somebody's own"}, per_request, window({{statement, 40}}))));
  EXPECT_TRUE(holds(statements_point({.statements = 3}, per_request, three))) << "it says so";
  // One that is sent now and then is no statement of a request.
  EXPECT_TRUE(holds(statements_point({.driver = "asyncpg"}, per_request,
                                     window({{statement, 40}, {"SELECT ?", 2}}))));
}

TEST(OwnSync, IsBehindEachExecute) {
  TapCounts start;
  start.postgres = {.round_trips = 5, .executes = 10, .own_syncs = 7, .overlapped = 3};
  TapCounts end = start;
  EXPECT_TRUE(is_open(own_sync_point(per_request, start, end))) << "nothing was said";
  end.postgres.round_trips += 80;
  EXPECT_TRUE(holds(own_sync_point(per_request, start, end)));
  EXPECT_EQ(own_sync_point(per_request, start, end).observed, "simple queries, one at a time");
  end.postgres.executes += 40;
  end.postgres.own_syncs += 40;
  EXPECT_EQ(own_sync_point(per_request, start, end).observed, "so in 40 of 40, one at a time");
  end.postgres.own_syncs -= 2;
  EXPECT_TRUE(fails(own_sync_point(per_request, start, end)));
  EXPECT_EQ(own_sync_point(per_request, start, end).observed, "2 of 40 have none of their own");
  end.postgres.own_syncs += 2;
  end.postgres.overlapped += 1;
  EXPECT_TRUE(fails(own_sync_point(pooled, start, end)));
  end.postgres.unreadable = 1;
  EXPECT_TRUE(is_open(own_sync_point(pooled, start, end)));
}

TEST(Connections, AreOpenedAndClosedForEachRequest) {
  auto seen = window({});
  EXPECT_TRUE(holds(connections_point(per_request, seen)));
  seen.after.open = 1;
  EXPECT_TRUE(fails(connections_point(per_request, seen))) << "one stays open";
  seen.after.open = 0;
  seen.after.connections += 1;
  EXPECT_TRUE(fails(connections_point(per_request, seen)));
  seen.after.connections = seen.before.connections;
  EXPECT_TRUE(fails(connections_point(per_request, seen))) << "one was kept";
}

TEST(Connections, ThatArePooledAreNotOpenedForARequest) {
  auto seen = window({});
  EXPECT_TRUE(fails(connections_point(pooled, seen)));
  seen.after.connections = seen.before.connections + 19;
  EXPECT_TRUE(holds(connections_point(pooled, seen))) << "workers that had nothing to do before";
  seen.after.connections = seen.before.connections + 20;
  EXPECT_TRUE(fails(connections_point(pooled, seen)));
}

TEST(RoundTripsAndBytes, AreOnlyRecorded) {
  const auto seen = window({{statement, 40}});
  EXPECT_EQ(round_trips_point(seen).outcome, PointOutcome::recorded);
  EXPECT_EQ(round_trips_point(seen).observed, "5 per request");
  EXPECT_EQ(sql_bytes_point(seen).outcome, PointOutcome::recorded);
  EXPECT_EQ(sql_bytes_point(seen).observed, "250 to the database and 400 back, per request");
  record::ContractFigures figures;
  add_sql_figures(seen, figures);
  EXPECT_EQ(*figures.database_connections, 1);
  EXPECT_EQ(*figures.statements, 1);
  EXPECT_EQ(*figures.round_trips, 5);
  EXPECT_EQ(*figures.sql_bytes_forth, 250);
  EXPECT_EQ(*figures.sql_bytes_back, 400);
}

/// The relay after processes with so many connections have been there.
TapCounts clients(const std::vector<std::uint64_t>& open) {
  TapCounts counts;
  pid_t process = 100;
  for (const auto each : open) {
    counts.peers[process++] = {.connections = each, .open = each, .most_open = each};
    counts.connections += each;
  }
  return counts;
}

TEST(PoolShare, IsOfEachProcess) {
  const PoolShare allowed{.share = 4, .workers = 2};
  EXPECT_TRUE(holds(pool_share_point(allowed, {}, clients({4, 4}))));
  EXPECT_TRUE(holds(pool_share_point(allowed, {}, clients({1})))) << "nobody has to use it up";
  const auto one = pool_share_point(allowed, {}, clients({3, 5}));
  EXPECT_TRUE(fails(one));
  EXPECT_EQ(one.observed, "5 of one process");
  EXPECT_EQ(one.where, "process 101");
  const auto all = pool_share_point(allowed, {}, clients({4, 4, 1}));
  EXPECT_TRUE(fails(all)) << "a process more than there are workers";
  EXPECT_EQ(all.observed, "9 in all");
  EXPECT_TRUE(fails(pool_share_point(allowed, {}, clients({8}))))
      << "one process with a pool for all sessions";
}

TEST(PoolShare, OfThreadsInOneProcessIsThatOfAllItsWorkers) {
  PoolShare allowed{.share = 4, .workers = 3, .concurrency = scenario::Concurrency::threads};
  EXPECT_TRUE(holds(pool_share_point(allowed, {}, clients({12}))));
  EXPECT_TRUE(fails(pool_share_point(allowed, {}, clients({13}))));
  EXPECT_TRUE(fails(pool_share_point(allowed, {}, clients({5, 1, 1})))) << "a process for each";
  allowed.concurrency = scenario::Concurrency::async_coroutine;
  EXPECT_TRUE(fails(pool_share_point(allowed, {}, clients({12}))));
}

TEST(PoolShare, DoesNotCountWhoWasThereBefore) {
  const PoolShare allowed{.share = 4, .workers = 2};
  const auto start = clients({9});
  auto end = start;
  EXPECT_TRUE(is_open(pool_share_point(allowed, start, end)));
  end.peers[200] = {.connections = 2, .open = 2, .most_open = 2};
  const auto point = pool_share_point(allowed, start, end);
  EXPECT_TRUE(holds(point));
  EXPECT_EQ(point.observed, "at most 2 of one process, 2 of all 1");
  record::ContractFigures figures;
  add_pool_figures(start, end, figures);
  EXPECT_EQ(*figures.pool_most, 2U);
  EXPECT_EQ(*figures.pool_sum, 2U);
  add_pool_figures(end, end, figures);
  EXPECT_FALSE(figures.pool_most);
}

TEST(PoolKept, ConnectionsAreOpenedOnce) {
  const PoolShare allowed{.share = 4, .workers = 2};
  EXPECT_TRUE(holds(pool_kept_point(allowed, {}, clients({4, 4}), 100)));
  EXPECT_TRUE(fails(pool_kept_point(allowed, {}, clients({4, 5}), 100)));
  EXPECT_TRUE(is_open(pool_kept_point(allowed, {}, clients({4, 4}), 0)));
}

TEST(NoDatabase, IsAskedWhereTheRowIsMadeUp) {
  SqlWindow seen{.requests = 20};
  EXPECT_TRUE(holds(no_database_point(seen)));
  seen.after.connections = 1;
  EXPECT_TRUE(fails(no_database_point(seen)));
  seen.after.connections = 0;
  seen.after.bytes_forth = 8;
  EXPECT_TRUE(fails(no_database_point(seen))) << "on a connection of before";
}

}  // namespace
}  // namespace unrig::audit
