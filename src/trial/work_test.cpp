// Trials of stacks that cheat, as their records would be: each is found out by figures that the
// application cannot reach. And of honest ones, however slow: none is accused.
#include "trial/work.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "chain/statements.h"

namespace unrig::trial {
namespace {

using record::Component;
using record::Executions;
using scenario::Concurrency;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string query = chain::wanted_statement(true);
const std::string reset = "DISCARD ALL";

/// 2,000 requests to seven workers of coroutines, a connection each, in a transaction; and two more
/// to see that the stack is ready.
record::Trial honest() {
  record::Trial trial;
  trial.workers = 7;
  trial.total = {
      .scheduled = 2000, .issued = 2000, .dropped = 0, .completed = 2000, .unfinished = 0};
  trial.window = trial.total;
  trial.window_seconds = 5;
  trial.throughput_per_s = 400;
  trial.service_us = {.mean = 240'000, .min = 21'000};
  trial.events = {.ready_sent = 2, .ready_answered = 2};
  trial.db = {.queries = 3 * 2002,
              .rows_read = 2002,
              .transactions = 2 * 2002 + 60,
              .connections = 2002,
              .sessions_opened = 60,
              .statements = {{"BEGIN", 2002, 0, 1, 3},
                             {query, 2002, 2002, 20'060, 20'900},
                             {"COMMIT", 2002, 0, 1, 2},
                             {reset, 2002, 0, 20, 40}},
              .statements_lost = 0};
  trial.conditions = record::Conditions{.clients = 100,
                                        .sessions = 100,
                                        .delay_us = 20'000,
                                        .cores = 2,
                                        .chain_cores = 2,
                                        .concurrency = Concurrency::async_coroutine};
  trial.inspected =
      record::Inspected{.workers = 7,
                        .connections = 1,
                        .sessions = 0,
                        .queries = 3,
                        .transactions = 2,
                        .statements = {{"BEGIN", 1}, {query, 1}, {"COMMIT", 1}, {reset, 1}},
                        .processes = 8,
                        .threads = 8};
  for (const Component part :
       {Component::proxy, Component::app, Component::pooler, Component::database})
    trial.signals.processes[part];
  trial.signals.census = {.processes = 8, .threads = 8};
  return trial;
}

/// The same with kept connections: 14 of each worker, of the 98 that there are at most.
record::Trial honest_pooled() {
  record::Trial trial = honest();
  trial.db.connections = 98;
  trial.db.sessions_opened = 98;
  trial.db.transactions = 2002 + 98 + 98;
  trial.db.statements[3] = {reset, 98, 0, 20, 40};
  trial.inspected->connections = 0;
  trial.inspected->transactions = 1;
  trial.inspected->statements.pop_back();
  trial.signals.census.connections_of_one = 14;
  return trial;
}

Executions& of(record::Trial& trial, const std::string& text) {
  return *std::ranges::find(trial.db.statements, text, &Executions::text);
}

std::string reasons_of(record::Trial trial) {
  judge_work(trial);
  EXPECT_EQ(trial.verdict.valid, trial.verdict.reasons.empty());
  return join(trial.verdict.reasons, "\n");
}

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

TEST(Work, OfACellWithMoreWorkersThanWereLookedAtMayHaveMore) {
  record::Trial trial = honest();
  trial.workers = 9;
  trial.signals.census = {.processes = 10, .threads = 10};
  EXPECT_EQ(reasons_of(trial), "");
  trial.signals.census.processes = 11;
  EXPECT_THAT(reasons_of(trial), HasSubstr("11 processes"));
}

TEST(Work, AnEventLoopMayHaveAPoolOfThreads) {
  record::Trial trial = honest();
  trial.inspected->threads = 16;
  trial.inspected->threads_per_request = 1;
  trial.signals.census.threads = 16 + 8 * (2 + 4 + 4) + trial.conditions->clients;
  EXPECT_EQ(reasons_of(trial), "") << "a thread for each request, as it had before";
  trial.signals.census.threads = 16 + 8 * (2 + 4 + 4) + trial.conditions->clients + 1;
  EXPECT_NE(reasons_of(trial), "");
  trial.inspected->threads_per_request.reset();
  trial.signals.census.threads = 8 * (1 + 2 + 4 + 4);
  EXPECT_EQ(reasons_of(trial), "");
  trial.conditions->concurrency = Concurrency::threads;
  trial.signals.census.threads = 300;
  EXPECT_EQ(reasons_of(trial), "") << "as many as it likes";
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

TEST(Cheats, StatementsThatNobodyCanCount) {
  record::Trial trial = honest();
  trial.db.statements_lost = 3;
  EXPECT_THAT(reasons_of(trial), HasSubstr("more than 1000 kinds of statements"));
}

TEST(Cheats, HonestOnlyWhenAboutWasAsked) {
  record::Trial trial = honest();  // and in a trial nobody asks
  trial.db.statements = {{query, 2002, 2002, 20'060, 20'900}, {reset, 2002, 0, 20, 40}};
  trial.db.queries = 2002;
  EXPECT_EQ(reasons_of(trial),
            "the database ran other statements than when the stack was looked at: "
            "\"BEGIN\" 0 per request, 1 then; \"COMMIT\" 0 per request, 1 then\n"
            "the pooler's count of queries: 1 per request, 3 when the stack was looked at");
}

TEST(Cheats, ATransactionLess) {
  record::Trial trial = honest();
  trial.db.transactions = 1600;
  EXPECT_THAT(reasons_of(trial),
              HasSubstr("transactions of the database: 0.769 per request, 2 when"));
}

TEST(Cheats, AKeptConnectionWhereOnePerRequestIsClaimed) {
  record::Trial trial = honest();
  trial.db.connections = 7;
  of(trial, reset).calls = 7;
  EXPECT_THAT(reasons_of(trial),
              AllOf(HasSubstr("connections to the pooler: 0.0035 per request, 1 when"),
                    HasSubstr("\"DISCARD ALL\" 0.0035 per request, 1 then")));
  // It sends itself what the pooler would: the pooler counts that as a query.
  trial = honest();
  trial.db.queries = 4 * 2002;
  EXPECT_EQ(reasons_of(trial),
            "the pooler's count of queries: 4 per request, 3 when the stack was looked at");
}

TEST(Cheats, TwoConnections) {
  record::Trial trial = honest();
  trial.db.connections = 4004;
  of(trial, reset).calls = 4004;
  EXPECT_THAT(reasons_of(trial), HasSubstr("connections to the pooler: 2 per request, 1 when"));
}

TEST(Cheats, UnpooledThoughPooled) {
  record::Trial trial = honest_pooled();
  trial.db.connections = 2002;
  of(trial, reset).calls = 2002;
  EXPECT_THAT(reasons_of(trial), HasSubstr("connections to the pooler: 1 per request, 0 when"));
}

TEST(Cheats, ConnectionsThatAreLeftInTheMidst) {
  record::Trial trial = honest();
  trial.db.connections = 0;  // each takes its session along
  trial.db.statements.pop_back();
  trial.db.sessions_opened = 2002;
  EXPECT_THAT(reasons_of(trial),
              HasSubstr("sessions that the pooler opened: 1 per request, 0 when"));
}

TEST(Cheats, WhoWasIdleServesUnderLoad) {
  record::Trial trial = honest();
  trial.inspected->serving = 7;
  trial.signals.census.serving = 7;
  EXPECT_EQ(reasons_of(trial), "");
  trial.signals.census.serving = 8;
  EXPECT_EQ(reasons_of(trial),
            "8 processes held connections of clients, 7 when the stack was looked at");
  trial.workers = 8;
  EXPECT_EQ(reasons_of(trial), "") << "it was given one more";
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

TEST(Cheats, AQueryForNoRow) {
  record::Trial trial = honest();
  of(trial, query).rows = 0;
  EXPECT_THAT(reasons_of(trial), HasSubstr("the query gave 0 rows for 2002 answered requests"));
}

TEST(Cheats, AnswersOfOtherBytesUnderLoad) {
  record::Trial trial = honest();
  trial.inspected->answer_bytes = 197;
  trial.bytes_in = 2000 * 197;
  EXPECT_EQ(reasons_of(trial), "");
  trial.bytes_in = 2000 * 205;
  EXPECT_EQ(reasons_of(trial), "answers had 205 bytes each, 197 when the stack was looked at");
  trial.bytes_in = 2000 * 165;
  EXPECT_EQ(reasons_of(trial), "answers had 165 bytes each, 197 when the stack was looked at");
  trial.inspected->answer_bytes.reset();
  EXPECT_EQ(reasons_of(trial), "") << "nobody knows";
}

TEST(Cheats, OneProcessWithAPoolForAllSessions) {
  record::Trial trial = honest_pooled();
  trial.signals.census.connections_of_one = 98;
  EXPECT_EQ(
      reasons_of(trial),
      "one process held 98 connections to the pooler, and a worker's share of 100 sessions is "
      "14");
}

TEST(Cheats, TwentyMoreWorkersUnderLoad) {
  record::Trial trial = honest();
  trial.signals.census = {.processes = 28, .threads = 28};
  EXPECT_THAT(reasons_of(trial),
              HasSubstr("the application server had 28 processes, 8 when it was looked at"));
  // Where it is sync they also serve more than seven can, whether or not anybody saw them.
  trial.conditions->concurrency = Concurrency::sync;
  trial.signals.census = {};
  EXPECT_EQ(
      reasons_of(trial),
      "400 requests/s were answered, and 7 sync workers, each of which sleeps 20 ms for every "
      "one of them, allow 355 at most");
}

TEST(Cheats, MoreThanTheSessionsAllow) {
  record::Trial trial = honest();
  trial.throughput_per_s = 5200;  // 100 sessions, 20 ms: 5,000/s
  EXPECT_THAT(reasons_of(trial), HasSubstr("5200 requests/s were answered, and 100 sessions"));
}

TEST(Cheats, AThreadPerRequest) {
  record::Trial trial = honest();
  trial.signals.census.threads = 108;
  EXPECT_EQ(reasons_of(trial),
            "the application server had 108 threads, 8 when it was looked at, and 16 are what more "
            "load explains");
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
  ASSERT_EQ(seen->statements.size(), 1U);
  cell.audit.workers = 0;  // an earlier version's, which does not say of how many workers it is
  EXPECT_FALSE(inspected_of(cell)->processes);
  cell.audit.hops.pop_back();
  EXPECT_EQ(inspected_of(cell)->transactions, 1) << "without a pooler";
  EXPECT_FALSE(inspected_of(cell)->sessions);
}

}  // namespace
}  // namespace unrig::trial
