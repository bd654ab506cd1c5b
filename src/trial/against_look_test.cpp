// Trials of stacks that work otherwise than when they were looked at, as their records would be.
#include "trial/against_look.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trial/testing_work.h"

namespace unrig::trial {
namespace {

using scenario::Concurrency;
using ::testing::AllOf;
using ::testing::HasSubstr;

// ---- honest ones

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
  for (const auto model : {Concurrency::goroutines, Concurrency::virtual_threads}) {
    trial.conditions->concurrency = model;
    EXPECT_EQ(reasons_of(trial), "") << "its scheduler takes what it likes";
  }
  trial.conditions->concurrency = Concurrency::event_loop;
  EXPECT_NE(reasons_of(trial), "");
}

TEST(Work, OfAPoolerThatSharesItsSessionsNobodyCountsTheConnections) {
  record::Trial trial = honest_pooled();
  trial.db.connections.reset();
  trial.db.statements.pop_back();
  trial.db.statements.push_back({"SELECT hstore", 98, 1, 20, 40});
  EXPECT_EQ(reasons_of(trial), "") << "a driver may ask once for each connection that is kept";
  trial.db.statements.back().calls = 600;
  EXPECT_THAT(reasons_of(trial), HasSubstr("\"SELECT hstore\" 0.3 per request, 0 then"));
  trial = honest();
  trial.db.connections.reset();
  trial.db.statements.pop_back();
  trial.inspected->statements.pop_back();
  EXPECT_EQ(reasons_of(trial), "") << "which is not the same as none";
}

// ---- cheats, by their names in the docs

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

TEST(Cheats, WhoWasIdleSpeaksToTheDatabase) {
  record::Trial trial = honest();
  trial.inspected->serving = trial.inspected->at_work = 7;
  trial.signals.census.serving = trial.signals.census.at_work = 7;
  EXPECT_EQ(reasons_of(trial), "");
  trial.signals.census.at_work = 8;
  EXPECT_EQ(reasons_of(trial),
            "8 processes held connections of clients or to the pooler, 7 when the stack was looked "
            "at");
  trial.signals.census.serving = 8;
  EXPECT_EQ(reasons_of(trial),
            "8 processes held connections of clients, 7 when the stack was looked at")
      << "which says it all";
  trial.signals.census.serving = 7;
  trial.inspected->at_work = 8;
  EXPECT_EQ(reasons_of(trial), "") << "somebody else spoke then as well";
  trial.inspected->at_work.reset();
  EXPECT_EQ(reasons_of(trial), "") << "nobody knows";
}

TEST(Cheats, AnotherProgramUnderLoad) {
  record::Trial trial = honest();
  const std::string python = "/environments/2026/bin/python3.11";
  trial.inspected->programs = {"/usr/bin/sh", python};
  trial.signals.census.programs = std::vector{python};
  EXPECT_EQ(reasons_of(trial), "");
  trial.signals.census.programs = std::vector<std::string>{"/tmp/fast\x1b[2J", python};
  EXPECT_EQ(reasons_of(trial),
            "the application served with /tmp/fast\\x1b[2J, which did not when "
            "the stack was looked at");
  trial.inspected->programs.clear();
  EXPECT_EQ(reasons_of(trial), "") << "nobody knows";
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

TEST(Cheats, AThreadPerRequest) {
  record::Trial trial = honest();
  trial.signals.census.threads = 108;
  EXPECT_EQ(reasons_of(trial),
            "the application server had 108 threads, 8 when it was looked at, and 16 are what more "
            "load explains");
}

}  // namespace
}  // namespace unrig::trial
