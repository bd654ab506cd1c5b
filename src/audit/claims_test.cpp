#include "audit/claims.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::audit {
namespace {

using scenario::Concurrency;

Answers answering(int processes, int threads_each = 1) {
  Answers answers;
  for (int i = 0; i < processes * threads_each; ++i) {
    answers.processes.push_back(
        {.pid = 100 + i / threads_each,
         .thread = 1000 + i,
         .event_loop = "uvloop.Loop",
         .c_extensions = {"httptools.parser.parser", "uvloop.loop"},
         .drivers = {"aiopg", "psycopg2"},
         .versions = {{"Flask", "3.1.3"}, {"typing-extensions", "4.16.0"}, {"zope.event", "6.2"}}});
  }
  return answers;
}
Answers silent() {
  return {.missing = "GET /about is answered with status 404"};
}

chain::Reply reply(std::string body, std::string type = "application/json") {
  return {.status = 200, .head = "HTTP/1.1 200 OK\r\ncontent-type: " + type, .body = body};
}
const std::string right_body = R"({"a": "0000000000", "b": "01442695040888963407"})";

TEST(About, IsReadOrIsNone) {
  const auto about = parse_about(
      R"({"pid": 7, "thread": 8, "event_loop": null, "c_extensions": ["x"], "drivers": ["aiopg"],
          "versions": {"flask": "1"}, "more": 1})");
  ASSERT_TRUE(about);
  EXPECT_EQ(about->pid, 7);
  EXPECT_EQ(about->thread, 8);
  EXPECT_EQ(about->event_loop, std::nullopt);
  for (const char* text : {"", "{}", "[]", R"({"pid": "x"})", R"({"a": "0000000000", "b": "1"})",
                           R"({"pid": 1, "event_loop": 3, "c_extensions": [], "versions": {}})"}) {
    EXPECT_FALSE(parse_about(text)) << text;
  }
}

TEST(VersionsClaim, HoldsWhereNothingDiffersFromTheLock) {
  EXPECT_EQ(versions_claim({}, answering(2)).ok, true);
  EXPECT_EQ(versions_claim({}, answering(2)).observed, "3 packages");
  const auto claim = versions_claim({"a", "b", "c", "d", "e"}, answering(1));
  EXPECT_EQ(claim.ok, false);
  EXPECT_EQ(claim.observed, "a, b, c and 2 more");
}

TEST(WorkersClaim, CountsProcesses) {
  EXPECT_EQ(workers_claim(2, Concurrency::sync, answering(2)).ok, true);
  EXPECT_EQ(workers_claim(4, Concurrency::sync, answering(2)).ok, false);
  EXPECT_EQ(workers_claim(4, Concurrency::sync, answering(2)).observed, "2 processes answer");
  EXPECT_EQ(workers_claim(2, Concurrency::sync, answering(3)).ok, false);
}

TEST(WorkersClaim, WorkersOfAThreadedServerMayBeThreads) {
  EXPECT_EQ(workers_claim(7, Concurrency::threads, answering(1, 7)).ok, true);
  EXPECT_EQ(workers_claim(2, Concurrency::threads, answering(2, 4)).ok, true);
  EXPECT_EQ(workers_claim(7, Concurrency::threads, answering(1, 4)).ok, false);
  EXPECT_EQ(workers_claim(8, Concurrency::threads, answering(2, 4)).ok, false);
  EXPECT_EQ(workers_claim(7, Concurrency::sync, answering(1, 7)).ok, false);
}

TEST(WorkersClaim, StrangersAreNoWorkers) {
  auto answers = answering(2);
  answers.strangers = 1;
  EXPECT_EQ(workers_claim(2, Concurrency::sync, answers).ok, false);
}

TEST(EventLoopClaim, IsThatOfEveryProcess) {
  const stack::StackSpec spec{.event_loop = "uvloop.Loop"};
  auto answers = answering(2);
  EXPECT_EQ(event_loop_claim(spec, answers).ok, true);
  answers.processes[1].event_loop = "asyncio.unix_events._UnixSelectorEventLoop";
  const auto claim = event_loop_claim(spec, answers);
  EXPECT_EQ(claim.ok, false);
  EXPECT_EQ(claim.observed, "asyncio.unix_events._UnixSelectorEventLoop, uvloop.Loop");
  answers.processes[1].event_loop.reset();
  EXPECT_EQ(event_loop_claim(spec, answers).ok, false);
}

TEST(EventLoopClaim, WhatIsNotClaimedCannotBeFalse) {
  const auto claim = event_loop_claim({}, answering(1));
  EXPECT_EQ(claim.ok, std::nullopt);
  EXPECT_EQ(claim.observed, "uvloop.Loop");
}

TEST(ExtensionsClaim, NamesWhatIsNotLoaded) {
  const stack::StackSpec spec{.c_extensions = {"uvloop.loop", "aiohttp._http_parser"}};
  auto answers = answering(2);
  auto claim = c_extensions_claim(spec, answers);
  EXPECT_EQ(claim.ok, false);
  EXPECT_EQ(claim.observed, "not loaded: aiohttp._http_parser");
  answers.processes[0].c_extensions.emplace_back("aiohttp._http_parser");
  EXPECT_EQ(c_extensions_claim(spec, answers).ok, false) << "one process of two";
  answers.processes[1].c_extensions.emplace_back("aiohttp._http_parser");
  EXPECT_EQ(c_extensions_claim(spec, answers).ok, true);
}

TEST(DriverClaim, IsAmongThoseLoaded) {
  stack::StackSpec spec{.driver = "aiopg"};
  EXPECT_EQ(driver_claim(spec, answering(1)).ok, true);
  spec.driver = "asyncpg";
  EXPECT_EQ(driver_claim(spec, answering(1)).ok, false);
  auto answers = answering(1);
  answers.processes[0].drivers = {"psycopg"};
  spec.driver = "psycopg3";
  EXPECT_EQ(driver_claim(spec, answers).ok, true);
  answers.processes[0].drivers = {};
  EXPECT_EQ(driver_claim(spec, answers).ok, std::nullopt);
}

TEST(Claims, WithoutAnswersNothingIsChecked) {
  const stack::StackSpec spec{
      .driver = "aiopg", .event_loop = "uvloop.Loop", .c_extensions = {"x"}};
  for (const auto& claim :
       {versions_claim({}, silent()), workers_claim(2, Concurrency::sync, silent()),
        event_loop_claim(spec, silent()), c_extensions_claim(spec, silent()),
        driver_claim(spec, silent())}) {
    EXPECT_EQ(claim.ok, std::nullopt) << claim.claim;
    EXPECT_EQ(claim.observed, silent().missing);
  }
}

TEST(ConcurrencyClaim, FollowsFromTimeAndFromStatementsUnderWay) {
  struct Row {
    Concurrency model;
    double delays;
    int statements;  // of 2 processes
    bool ok;
    bool yields;
  };
  const auto sync = Concurrency::sync, threads = Concurrency::threads;
  const auto coroutine = Concurrency::async_coroutine, greenlet = Concurrency::async_greenlet;
  for (const Row& row : {Row{sync, 10.4, 2, true, false}, Row{sync, 1.3, 20, false, false},
                         Row{sync, 5, 4, false, false}, Row{sync, 10.4, 3, false, false},
                         Row{coroutine, 1.3, 20, true, true}, Row{coroutine, 10.4, 2, false, false},
                         // A machine so busy that the requests themselves take long.
                         Row{coroutine, 12, 9, true, true}, Row{greenlet, 1.3, 18, true, true},
                         Row{greenlet, 10.4, 2, false, false},
                         // The relay could not read what passed: time alone decides.
                         Row{coroutine, 1.3, 0, true, true}, Row{coroutine, 10.4, 0, false, false},
                         // Waits outside the database as well.
                         Row{coroutine, 1.3, 2, true, false}, Row{threads, 3.2, 8, true, false},
                         Row{threads, 12, 8, true, false}, Row{threads, 10.4, 2, false, false}}) {
    const Concurrent seen{
        .requests = 20, .processes = 2, .statements = row.statements, .delays = row.delays};
    const auto label =
        fmt::format("{} {} {}", scenario::to_text(row.model), row.delays, row.statements);
    EXPECT_EQ(concurrency_claim(row.model, seen).ok, row.ok) << label;
    const auto yields = yields_claim(row.model, seen);
    ASSERT_EQ(yields.has_value(), scenario::is_async(row.model));
    if (yields) {
      EXPECT_EQ(yields->ok, row.yields) << label;
    }
  }
}

TEST(ConcurrencyClaim, SaysNothingWhereNobodyWaits) {
  const Concurrent seen{.not_made = "no request waits"};
  for (const auto& claim : {concurrency_claim(scenario::Concurrency::sync, seen),
                            *yields_claim(scenario::Concurrency::async_coroutine, seen)}) {
    EXPECT_EQ(claim.ok, std::nullopt) << claim.claim;
    EXPECT_THAT(claim.observed, testing::HasSubstr("no request waits"));
  }
}

TEST(ConcurrencyClaim, SaysNothingWhereRequestsFailed) {
  const Concurrent seen{.requests = 20, .failed = 2, .delays = 1, .failure = "status 500"};
  const auto claim = concurrency_claim(Concurrency::async_coroutine, seen);
  EXPECT_EQ(claim.ok, std::nullopt);
  EXPECT_EQ(claim.observed, "2 of 20 requests failed: status 500");
}

TEST(BodyClaim, OneByteInOneAnswerIsEnough) {
  std::vector<chain::Reply> replies(20, reply(right_body));
  EXPECT_EQ(body_claim(replies).ok, true);
  for (std::size_t at = 0; at < right_body.size(); ++at) {
    auto wrong = right_body;
    wrong[at] = static_cast<char>(wrong[at] ^ 1);
    replies[7].body = wrong;
    EXPECT_EQ(body_claim(replies).ok, false) << wrong;
  }
  replies[7].body = right_body + "\n";
  EXPECT_EQ(body_claim(replies).ok, false);
  EXPECT_EQ(body_claim(replies).observed, right_body + "\\n");
}

TEST(BodyClaim, NoAnswerIsNoBody) {
  EXPECT_EQ(body_claim({}).ok, false);
  const std::vector<chain::Reply> failed = {{.failure = "refused"}};
  EXPECT_EQ(body_claim(failed).ok, false);
  EXPECT_EQ(body_claim(failed).observed, "refused");
}

TEST(ContentTypeClaim, IsExact) {
  std::vector<chain::Reply> replies(3, reply(right_body));
  EXPECT_EQ(content_type_claim(replies).ok, true);
  replies[1] = reply(right_body, "application/json; charset=utf-8");
  EXPECT_EQ(content_type_claim(replies).ok, false);
  replies = {chain::Reply{.status = 200, .head = "HTTP/1.1 200 OK"}};
  EXPECT_EQ(content_type_claim(replies).observed, "none");
}

TEST(StatementsClaim, ExpectsWhatTheDriverAndTheScenarioSend) {
  scenario::Scenario article;
  EXPECT_EQ(expected_statements("psycopg2", article), 3);
  EXPECT_EQ(expected_statements("psycopg3", article), 3);
  EXPECT_EQ(expected_statements("aiopg", article), 2);
  EXPECT_EQ(expected_statements("asyncpg", article), 1);
  EXPECT_EQ(expected_statements("mine", article), std::nullopt);
  scenario::Scenario fair = article;
  fair.driver_transaction = false;
  EXPECT_EQ(expected_statements("psycopg2", fair), 1);
  fair.db_connection = scenario::Connection::pooled;
  EXPECT_EQ(expected_statements("aiopg", fair), 1) << "asks once for each connection";
}

TEST(StatementsClaim, ShowsTheHiddenOne) {
  record::Audit audit{.requests = 40};
  audit.hops = {{.from = "client"}, {.from = "app", .statements = {{"SELECT t.a", 1}}}};
  const stack::StackSpec spec{.driver = "asyncpg"};
  EXPECT_EQ(statements_claim(spec, {}, audit).ok, true);
  audit.hops[1].statements.push_back({"SELECT version()", 1});
  const auto claim = statements_claim(spec, {}, audit);
  EXPECT_EQ(claim.ok, false);
  EXPECT_EQ(claim.observed, "2 per request: 1 x SELECT t.a; 1 x SELECT version()");
  scenario::Scenario alone;
  alone.db_connection = scenario::Connection::none;
  EXPECT_EQ(statements_claim(spec, alone, audit).ok, false) << "rows are to be made up";
  audit.hops[1].statements.clear();
  EXPECT_EQ(statements_claim(spec, alone, audit).ok, true);
  audit = {.not_made = "why"};
  EXPECT_EQ(statements_claim(spec, {}, audit).ok, std::nullopt);
}

}  // namespace
}  // namespace unrig::audit
