// Trials of stacks that cheat, as their records would be: each is found out by figures that the
// application cannot reach. And of honest ones, however slow: none is accused.
#include "trial/work.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chain/statements.h"
#include "trial/testing_work.h"

namespace unrig::trial {
namespace {

using record::Component;
using scenario::Concurrency;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// ---- honest ones

TEST(Work, OfHonestStacksHolds) {
  EXPECT_EQ(reasons_of(honest()), "");
  EXPECT_EQ(reasons_of(honest_pooled()), "");
  record::Trial sync = honest();
  sync.conditions->concurrency = Concurrency::sync;
  sync.throughput_per_s = 349;
  EXPECT_EQ(reasons_of(sync), "") << "7 workers, 20 ms: 350/s";
}

TEST(Work, OfASlowMachineHolds) {
  record::Trial trial = honest();
  trial.service_us = {.mean = 9e6, .min = 900'000};
  of(trial, query).least_us = 180'000;
  of(trial, query).mean_us = 700'000;
  of(trial, "BEGIN").mean_us = 90'000;
  EXPECT_EQ(reasons_of(trial), "") << "longer times are never a reason";
}

TEST(Work, OfALongerWarmUpIsTheTrials) {
  record::Trial trial = honest();
  trial.total.issued -= 500;
  trial.total.completed -= 500;
  EXPECT_THAT(reasons_of(trial), HasSubstr("2002 times, expected 1502"));
  trial.warmed = record::WarmUp{.sent = 500, .answered = 500};
  EXPECT_EQ(reasons_of(trial), "");
}

TEST(Work, OfRequestsThatFailedMayBeDoneOrNot) {
  for (const std::uint64_t done : {2002 - 9, 2002}) {
    record::Trial trial = honest();
    trial.total.completed -= 9;
    trial.total.failed_by[static_cast<std::size_t>(tally::Failure::reset)] = 9;
    trial.db.rows_read = done;
    for (auto& kind : trial.db.statements) kind.calls = done;
    trial.db.connections = done;
    trial.db.queries = 3 * done;
    trial.db.transactions = 2 * done + 60;
    EXPECT_EQ(reasons_of(trial), "") << done;
  }
}

TEST(Work, WithoutAPoolerSessionsAreTheConnections) {
  record::Trial trial = honest();
  trial.signals.processes.erase(Component::pooler);
  trial.db.queries.reset();
  trial.db.sessions_opened = 2002;
  trial.db.statements.pop_back();
  trial.db.transactions = 2002 + 2002;
  trial.inspected->sessions.reset();
  trial.inspected->queries.reset();
  trial.inspected->transactions = 1;
  trial.inspected->statements.pop_back();
  EXPECT_EQ(reasons_of(trial), "");
  trial.db.connections = trial.db.sessions_opened = 7;
  trial.db.transactions = 2002 + 7;
  EXPECT_EQ(reasons_of(trial),
            "connections to the database: 0.0035 per request, 1 when the stack was looked at");
}

TEST(Work, WithoutASleepTheQueryHasAnotherText) {
  record::Trial trial = honest();
  trial.conditions->delay_us = 0;
  trial.service_us.min = 900;
  of(trial, query) = {chain::wanted_statement(false), 2002, 2002, 90, 120};
  EXPECT_EQ(reasons_of(trial), "");
  of(trial, "COMMIT").calls = 0;
  EXPECT_EQ(reasons_of(trial),
            "statements of the database: 3 per request, 4 when the stack was looked at");
}

TEST(Work, WhatADriverAsksOnEachConnectionIsNoDifference) {
  record::Trial trial = honest_pooled();
  trial.db.statements.push_back({"SELECT t.oid, typarray FROM pg_type t", 98, 0, 300, 400});
  trial.db.statements.push_back({"SET client_encoding='utf-8'", 98, 0, 10, 12});
  trial.db.queries = 3 * 2002 + 98;
  trial.db.transactions = *trial.db.transactions + 2 * 98;
  EXPECT_EQ(reasons_of(trial), "");
}

TEST(Work, WhatHappensNowAndThenMayHappenOrNot) {
  record::Trial trial = honest();
  trial.inspected->queries = 3.05;  // a sign of life in one of 20 requests
  EXPECT_EQ(reasons_of(trial), "");
  trial.db.queries = 3 * 2002 + 100;
  EXPECT_EQ(reasons_of(trial), "");
}

TEST(Work, OfAnEarlierRecordIsWhatWasCounted) {
  record::Trial trial = honest();
  trial.inspected.reset();
  trial.db.statements.clear();
  trial.db.statements_lost.reset();
  trial.db.connections.reset();
  trial.service_us.min.reset();
  EXPECT_EQ(reasons_of(trial), "");
}

TEST(Work, OfAURLIsNotSeen) {
  record::Trial trial = honest();
  trial.conditions->sees_server = false;
  trial.db = {};
  trial.service_us.min = 1;
  EXPECT_EQ(reasons_of(trial), "");
}

// ---- cheats, by their names in the docs

TEST(Cheats, NoDelay) {
  record::Trial trial = honest();
  trial.service_us.min = 700;
  of(trial, query) = {chain::wanted_statement(false), 2002, 2002, 90, 300};
  EXPECT_EQ(reasons_of(trial),
            "an answer came 700 us after its request, and its query alone takes 20 ms\n"
            "of 2002 answered requests the database slept 20 ms for 0: \"SELECT t.a, t.b FROM test "
            "t WHERE t.a = ?\" took 90 us at least, 300 us on average, 2002 times\n"
            "the database ran other statements than when the stack was looked at: "
            "\"SELECT t.a, t.b FROM test t WHERE t.a = ?\" 1 per request, 0 then; "
            "\"SELECT t.a, t.b FROM pg_sleep(?), test t WHERE t.a = ?\" 0 per request, 1 then");
}

TEST(Cheats, HalfOfTheDelay) {
  record::Trial trial = honest();
  trial.service_us.min = 11'000;
  of(trial, query).least_us = 10'060;
  of(trial, query).mean_us = 10'900;
  EXPECT_THAT(reasons_of(trial), AllOf(HasSubstr("an answer came 11 ms after its request"),
                                       HasSubstr("the database slept 20 ms for 0: "),
                                       HasSubstr("took 10.1 ms at least, 10.9 ms on average")));
}

TEST(Cheats, SleptOnTheClientsSide) {
  record::Trial trial = honest();  // answers take their 20 ms
  of(trial, query).least_us = 150;
  of(trial, query).mean_us = 400;
  EXPECT_THAT(reasons_of(trial), HasSubstr("of 2002 answered requests the database slept 20 ms for "
                                           "0: \"SELECT t.a, t.b FROM pg_sleep(?)"));
}

TEST(Cheats, NoDelayBeyond20RequestsUnderWay) {
  record::Trial trial = honest();
  // The same text with another value: most of them slept.
  of(trial, query).least_us = 140;
  of(trial, query).mean_us = 12'000;
  EXPECT_THAT(reasons_of(trial), HasSubstr("took 140 us at least, 12 ms on average"));
  // Or another statement.
  trial = honest();
  of(trial, query).calls = 1200;
  trial.db.statements.push_back({chain::wanted_statement(false), 802, 802, 90, 120});
  EXPECT_THAT(reasons_of(trial),
              AllOf(HasSubstr("of 2002 answered requests the database slept 20 ms for 1200"),
                    HasSubstr("WHERE t.a = ?\" 0.401 per request, 0 then")));
}

TEST(Cheats, OneOfTenAnswersCached) {
  record::Trial trial = honest();
  trial.db.rows_read = 1802;
  for (auto& kind : trial.db.statements) kind.calls = 1802;
  trial.db.connections = 1802;
  trial.db.queries = 3 * 1802;
  trial.db.transactions = 2 * 1802 + 60;
  EXPECT_THAT(reasons_of(trial),
              AllOf(HasSubstr("the database ran the application's query 1802 times, expected 2002"),
                    HasSubstr("the database slept 20 ms for 1802"),
                    HasSubstr("connections to the pooler: 0.9 per request, 1 when"),
                    HasSubstr("\"COMMIT\" 0.9 per request, 1 then")));
}

TEST(Cheats, ACheaperQuery) {
  record::Trial trial = honest();
  of(trial, query).text = "SELECT v.a FROM pg_sleep(?), (VALUES (?)) AS v(a)";
  trial.db.rows_read = 0;
  EXPECT_THAT(
      reasons_of(trial),
      AllOf(HasSubstr("the database ran the application's query 0 times, expected 2002"),
            HasSubstr("other statements than when the stack was looked at"),
            HasSubstr("\"SELECT v.a FROM pg_sleep(?), (VALUES (?)) AS v(a)\" 1 per request, "
                      "0 then")));
}

TEST(Cheats, SettingsThatLastForWhoComesAfter) {
  record::Trial trial = honest();
  trial.db.role_changes = "";
  EXPECT_EQ(reasons_of(trial), "");
  trial.db.role_changes = "statement_timeout=1";
  EXPECT_EQ(reasons_of(trial),
            "the application changed its role in the database: statement_timeout=1");
}

TEST(Cheats, StatementsThatNobodyCanCount) {
  record::Trial trial = honest();
  trial.db.statements_lost = 3;
  EXPECT_THAT(reasons_of(trial), HasSubstr("more than 1000 kinds of statements"));
}

/// Four sync workers of which each is said to do one thing at a time.
record::Trial four_sync() {
  record::Trial trial = honest();
  trial.conditions->concurrency = Concurrency::sync;
  trial.workers = trial.inspected->workers = 4;
  trial.throughput_per_s = 196;
  trial.signals.activity.asleep = 3.9;
  trial.signals.activity.looks = 50;
  trial.signals.activity.asleep_p80 = 4;
  return trial;
}

TEST(Cheats, ASecondThreadInASyncWorker) {
  record::Trial trial = four_sync();
  trial.signals.activity.asleep_p80 = 5;
  EXPECT_EQ(reasons_of(trial),
            "5 sessions of the database slept at one time in a fifth of 50 looks, and each of 4 "
            "sync workers waits for its own");
}

TEST(Work, SleepsThatSomethingElseExplainsAreNoSecondThread) {
  EXPECT_EQ(reasons_of(four_sync()), "");
  record::Trial beyond = four_sync();
  beyond.signals.activity.asleep_p80 = 5;
  record::Trial trial = beyond;
  trial.conditions->concurrency = Concurrency::threads;
  EXPECT_EQ(reasons_of(trial), "");
  trial = beyond;
  trial.signals.activity.looks = 19;
  EXPECT_EQ(reasons_of(trial), "") << "too few to know";
  trial = beyond;
  trial.signals.activity.asleep_p80 = record::Reading<int>::not_checked("silent");
  EXPECT_EQ(reasons_of(trial), "");
  trial = beyond;
  trial.resent = 1;
  EXPECT_EQ(reasons_of(trial), "") << "it may have left its sleep behind";
  trial = beyond;
  trial.total.failed_by[static_cast<std::size_t>(tally::Failure::timeout)] = 1;
  EXPECT_EQ(reasons_of(trial), "");
  trial = beyond;
  trial.events.ready_sent = 3;
  EXPECT_EQ(reasons_of(trial), "");
}

TEST(Work, ASleepAsShortAsALookMayBeCountedTwice) {
  record::Trial trial = four_sync();
  trial.conditions->delay_us = 9'000;
  trial.signals.activity.asleep = 1.8;
  trial.signals.activity.asleep_p80 = 5;
  of(trial, query).least_us = 9'050;
  EXPECT_EQ(reasons_of(trial), "");
}

TEST(Cheats, TheRowOfTheAnswerBefore) {
  record::Trial trial = honest();
  trial.repeated_rows = 25;  // 1 % of 2,000 and 5
  EXPECT_EQ(reasons_of(trial), "");
  trial.repeated_rows = 26;
  EXPECT_EQ(reasons_of(trial),
            "26 of 2000 answers had the row of the answer before: no row is "
            "drawn anew for each request");
  trial.repeated_rows.reset();
  EXPECT_EQ(reasons_of(trial), "") << "nobody counted";
  trial.repeated_rows = 190;
  trial.total.completed = trial.total.issued = trial.total.scheduled = 199;
  EXPECT_THAT(reasons_of(trial), Not(HasSubstr("drawn anew"))) << "too few to know";
}

TEST(Cheats, AQueryAtAnotherTime) {
  record::Trial trial = honest();  // 400 a second with 20 ms are 8 asleep
  trial.signals.activity.asleep = 3.9;
  trial.signals.activity.looks = 50;
  EXPECT_THAT(reasons_of(trial), HasSubstr("in 50 looks 3.9 sessions of the database slept on "
                                           "average, and 400 answers a second, each after a sleep "
                                           "of 20 ms, take 8.0"));
  trial.signals.activity.asleep = 4.1;
  EXPECT_EQ(reasons_of(trial), "");
  trial.signals.activity.asleep = 0.0;
  trial.signals.activity.looks = 19;
  EXPECT_EQ(reasons_of(trial), "") << "too few to know";
}

TEST(Work, OneProcessOfAServerMayHaveAllSessionsAndAnyThreads) {
  record::Trial trial = honest_pooled();
  trial.signals.census.connections_of_one = 100;
  trial.conditions->worker = scenario::Worker::server;
  EXPECT_EQ(reasons_of(trial), "");
  trial.conditions->worker = scenario::Worker::thread;
  EXPECT_EQ(reasons_of(trial), "");
  trial.signals.census.connections_of_one = 101;
  EXPECT_THAT(reasons_of(trial), HasSubstr("one process held 101 connections"));
}

TEST(Cheats, AQueryForNoRow) {
  record::Trial trial = honest();
  of(trial, query).rows = 0;
  EXPECT_THAT(reasons_of(trial), HasSubstr("the query gave 0 rows for 2002 answered requests"));
}

TEST(Cheats, OneProcessWithAPoolForAllSessions) {
  record::Trial trial = honest_pooled();
  trial.signals.census.connections_of_one = 98;
  EXPECT_EQ(
      reasons_of(trial),
      "one process held 98 connections to the pooler, and a worker's share of 100 sessions is "
      "14");
}

TEST(Cheats, MoreThreadsThanWorkersInOneProcess) {
  record::Trial trial = honest();
  trial.conditions->concurrency = Concurrency::threads;
  trial.inspected->serving = 1;
  EXPECT_EQ(reasons_of(trial),
            "400 requests/s were answered, and 7 threads, each of which sleeps 20 ms for every one "
            "of them, allow 355 at most");
  trial.throughput_per_s = 350;
  EXPECT_EQ(reasons_of(trial), "");
  trial.throughput_per_s = 400;
  trial.conditions->worker = scenario::Worker::server;
  EXPECT_EQ(reasons_of(trial), "") << "it does not say how many it has";
  trial.conditions->worker = scenario::Worker::process;
  // Workers that are processes may have any number of threads each; of one alone it is the same.
  trial.throughput_per_s = 400;
  trial.inspected->serving = 7;
  EXPECT_EQ(reasons_of(trial), "");
  trial.inspected->serving = 1;
  trial.inspected->workers = trial.workers = 1;
  EXPECT_EQ(reasons_of(trial), "");
}

TEST(Cheats, MoreThanTheSessionsAllow) {
  record::Trial trial = honest();
  trial.throughput_per_s = 5200;  // 100 sessions, 20 ms: 5,000/s
  EXPECT_THAT(reasons_of(trial), HasSubstr("5200 requests/s were answered, and 100 sessions"));
}

// ---- what a trial is held against

TEST(Inspected, IsWhatTheAuditCounted) {
  record::Cell cell;
  EXPECT_FALSE(inspected_of(cell)) << "nobody looked";
  cell.audit = {.requests = 40,
                .hops = {{.from = "client", .to = "proxy", .connections = 1},
                         {.from = "app", .to = "pooler", .connections = 1, .transactions = 1},
                         {.from = "pooler", .to = "database", .connections = 0, .transactions = 2}},
                .processes = 8,
                .threads = 9,
                .at_work = 7,
                .programs = {"/bin/python3"},
                .workers = 7,
                .queries = 3,
                .database_statements = {{query, 1}}};
  const auto seen = inspected_of(cell);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->connections, 1);
  EXPECT_EQ(seen->sessions, 0);
  EXPECT_EQ(seen->transactions, 2) << "those that reach the database";
  EXPECT_EQ(seen->queries, 3);
  EXPECT_EQ(seen->workers, 7);
  EXPECT_EQ(seen->processes, 8);
  EXPECT_EQ(seen->threads, 9);
  EXPECT_EQ(seen->at_work, 7);
  EXPECT_EQ(seen->programs, std::vector<std::string>{"/bin/python3"});
  ASSERT_EQ(seen->statements.size(), 1U);
  cell.audit.workers = 0;  // an earlier version's, which does not say of how many workers it is
  EXPECT_FALSE(inspected_of(cell)->processes);
  cell.audit.hops.pop_back();
  EXPECT_EQ(inspected_of(cell)->transactions, 1) << "without a pooler";
  EXPECT_FALSE(inspected_of(cell)->sessions);
}

// ---- an application of somebody's own

TEST(Work, OfAnApplicationOfOnesOwnIsHeldAgainstNoRows) {
  record::Trial trial = honest();
  trial.conditions->own_application = true;
  trial.conditions->asks_database = false;
  trial.conditions->delay_us = 0;
  trial.db = {};
  EXPECT_EQ(reasons_of(trial), "");
  trial.signals.census.processes = 20;
  EXPECT_EQ(reasons_of(trial), "the application server had 20 processes, 8 when it was looked at")
      << "what is seen counts";
}

}  // namespace
}  // namespace unrig::trial
