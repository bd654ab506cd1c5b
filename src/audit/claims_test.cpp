#include "audit/claims.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::audit {
namespace {

using scenario::Concurrency;

chain::Reply reply(std::string body, std::string type = "application/json") {
  return {.status = 200, .head = "HTTP/1.1 200 OK\r\ncontent-type: " + type, .body = body};
}
const chain::RowRule rule = chain::RowRule::known();
const std::string right_body = R"({"a": "0000000000", "b": "01442695040888963407"})";

TEST(Claims, AreMadeWhereSomethingIsExpected) {
  std::vector<record::Claim> claims = {{"driver", std::string(none_claimed), "x", std::nullopt},
                                       {"workers", "2", "why", std::nullopt}};
  mark_claimed(claims);
  EXPECT_FALSE(claims[0].claimed);
  EXPECT_TRUE(claims[1].claimed);
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
                         Row{greenlet, 10.4, 2, false, false}, Row{threads, 3.2, 8, true, false},
                         Row{threads, 12, 8, true, false}, Row{threads, 10.4, 2, false, false}}) {
    // As they are shared out evenly.
    const int each = row.statements / 2;
    const Concurrent seen{.requests = 20,
                          .processes = 2,
                          .statements = row.statements,
                          .delays = row.delays,
                          .each = {each, each}};
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

TEST(ConcurrencyClaim, ABusyMachineIsNoWitnessAgainstAStack) {
  const auto coroutine = Concurrency::async_coroutine;
  const Concurrent slow{.requests = 20,
                        .processes = 2,
                        .statements = 2,
                        .delays = 12,
                        .strain = "other programs used 52 % of the CPU time"};
  for (const auto& claim : {concurrency_claim(coroutine, slow), *yields_claim(coroutine, slow),
                            concurrency_claim(Concurrency::threads, slow)}) {
    EXPECT_EQ(claim.ok, std::nullopt) << claim.claim;
    EXPECT_THAT(claim.observed, testing::HasSubstr(", while other programs used 52 %"));
  }
  Concurrent met = slow;
  met.statements = 4;
  met.each = {2, 2};
  EXPECT_EQ(concurrency_claim(coroutine, met).ok, true) << "that they met is seen all the same";
  EXPECT_EQ(yields_claim(coroutine, met)->ok, true);
}

TEST(ConcurrencyClaim, WhatABusyMachineCannotDoIsHeldAgainstAStackThere) {
  Concurrent seen{.requests = 20, .processes = 2, .statements = 3, .delays = 11, .strain = "busy"};
  EXPECT_EQ(concurrency_claim(Concurrency::sync, seen).ok, false) << "three statements of two";
  seen = {.requests = 20, .processes = 2, .statements = 2, .delays = 6, .strain = "busy"};
  EXPECT_EQ(concurrency_claim(Concurrency::sync, seen).ok, false) << "faster than in line";
  seen.delays = 14;
  EXPECT_EQ(concurrency_claim(Concurrency::sync, seen).ok, true) << "they had always one each";
  seen.delays = 40;  // of which most was spent on something else, as by one who yields in vain
  EXPECT_EQ(concurrency_claim(Concurrency::sync, seen).ok, std::nullopt);
  seen.each = {1, 1};
  EXPECT_EQ(concurrency_claim(Concurrency::sync, seen).ok, true) << "while nobody was answered";
  seen.each.clear();
  seen.strain.clear();
  EXPECT_EQ(concurrency_claim(Concurrency::sync, seen).ok, true);
}

TEST(ConcurrencyClaim, IsTriedAgainUntilTheMachineAllowsIt) {
  const auto model = Concurrency::async_coroutine;
  const Concurrent good{
      .requests = 20, .processes = 2, .statements = 20, .delays = 1.3, .each = {10, 10}};
  const Concurrent bad{
      .requests = 20, .processes = 2, .statements = 2, .delays = 10.4, .each = {1, 1}};
  Concurrent strained = bad;
  strained.delays = 9;
  strained.strain = "busy";
  EXPECT_FALSE(is_to_be_tried_again(model, good, 1));
  EXPECT_TRUE(is_to_be_tried_again(model, bad, 2));
  EXPECT_FALSE(is_to_be_tried_again(model, bad, 3));
  EXPECT_TRUE(is_to_be_tried_again(model, strained, 5));
  EXPECT_FALSE(is_to_be_tried_again(model, strained, most_tries));
  EXPECT_TRUE(says_more(model, good, bad));
  EXPECT_TRUE(says_more(model, bad, strained)) << "it is the quicker one, and says less";
  EXPECT_FALSE(says_more(model, strained, bad));
  Concurrent broken = good;
  broken.failed = 1;
  EXPECT_TRUE(says_more(model, bad, broken));
  EXPECT_FALSE(is_to_be_tried_again(Concurrency::sync, good, 1)) << "it was not in line";
  Concurrent unknown = good;
  unknown.each.clear();
  EXPECT_FALSE(is_to_be_tried_again(model, unknown, 1)) << "nobody would know it then";
  unknown.strain = "busy";
  EXPECT_TRUE(is_to_be_tried_again(model, unknown, 1));
}

TEST(ConcurrencyClaim, OneWorkerOfSeveralThatBlocksIsFound) {
  for (const auto model :
       {Concurrency::async_coroutine, Concurrency::async_greenlet, Concurrency::threads}) {
    Concurrent seen{
        .requests = 40, .processes = 4, .statements = 31, .delays = 2, .each = {10, 10, 1, 10}};
    auto claim = concurrency_claim(model, seen);
    EXPECT_EQ(claim.ok, false);
    EXPECT_THAT(claim.observed, testing::HasSubstr("1 of 4 workers had one statement at a time"));
    if (const auto yields = yields_claim(model, seen)) {
      EXPECT_EQ(yields->ok, false);
      EXPECT_THAT(yields->observed, testing::HasSubstr("of 1 of them never more than one"));
    }
    seen.each[2] = 2;
    EXPECT_EQ(concurrency_claim(model, seen).ok, true);
  }
}

TEST(ConcurrencyClaim, OneWorkerOfSeveralThatDoesMoreIsFound) {
  Concurrent seen{.requests = 20, .processes = 2, .statements = 2, .delays = 10, .each = {1, 1}};
  EXPECT_EQ(concurrency_claim(Concurrency::sync, seen).ok, true);
  seen.each[1] = 2;
  EXPECT_EQ(concurrency_claim(Concurrency::sync, seen).ok, false);
}

TEST(ConcurrencyClaim, OfWorkersThatWereNotSeenIsNotChecked) {
  Concurrent seen{.requests = 40, .processes = 2, .statements = 20, .delays = 1.3, .each = {20, 0}};
  auto claim = concurrency_claim(Concurrency::async_coroutine, seen);
  EXPECT_EQ(claim.ok, std::nullopt);
  EXPECT_EQ(claim.observed, "of 1 of 2 workers no statement was seen");
  seen.each = {};
  claim = concurrency_claim(Concurrency::async_coroutine, seen);
  EXPECT_EQ(claim.ok, std::nullopt);
  EXPECT_EQ(claim.observed, "whose statements they are is not known");
  EXPECT_EQ(yields_claim(Concurrency::async_coroutine, seen)->ok, std::nullopt);
  seen.processes = 1;
  EXPECT_EQ(concurrency_claim(Concurrency::async_coroutine, seen).ok, true) << "there is but one";
}

TEST(ConcurrencyClaim, SaysNothingWhereNobodyWaits) {
  const Concurrent seen{.not_made = "no request waits"};
  for (const auto& claim : {concurrency_claim(scenario::Concurrency::sync, seen),
                            *yields_claim(scenario::Concurrency::async_coroutine, seen)}) {
    EXPECT_EQ(claim.ok, std::nullopt) << claim.claim;
    EXPECT_EQ(claim.expected, none_claimed);
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
  EXPECT_EQ(body_claim(replies, rule).ok, true);
  for (std::size_t at = 0; at < right_body.size(); ++at) {
    auto wrong = right_body;
    wrong[at] = static_cast<char>(wrong[at] ^ 1);
    replies[7].body = wrong;
    EXPECT_EQ(body_claim(replies, rule).ok, false) << wrong;
  }
  replies[7].body = right_body + "\n";
  EXPECT_EQ(body_claim(replies, rule).ok, false);
  EXPECT_EQ(body_claim(replies, rule).observed, right_body + "\\n");
}

TEST(BodyClaim, RowThatAnotherRequestAskedForIsWrong) {
  std::vector<chain::Reply> replies(20, reply(right_body));
  for (auto& one : replies) one.key = 0;
  EXPECT_EQ(body_claim(replies, rule).ok, true);
  replies[19].key = 7;
  const auto claim = body_claim(replies, rule);
  EXPECT_EQ(claim.ok, false);
  EXPECT_EQ(claim.observed, right_body + " where /test?a=0000000007 was asked for");
}

TEST(BodyClaim, RowThatEverybodyCanMakeUpIsNotThatOfTheTable) {
  const std::vector<chain::Reply> replies(20, reply(right_body));
  const auto own = chain::RowRule::of_secret(std::string(2 * chain::row_secret_bytes, '1')).value();
  EXPECT_EQ(body_claim(replies, own).ok, false);
  EXPECT_EQ(body_claim(replies, own).observed, right_body);
}

TEST(RoleClaim, HoldsWhereNothingWasChanged) {
  EXPECT_EQ(role_claim(std::string()).ok, true);
  const auto changed = role_claim(std::string("statement_timeout=1"));
  EXPECT_EQ(changed.ok, false);
  EXPECT_EQ(changed.observed, "changed: statement_timeout=1");
  const auto unknown = role_claim(fail(ErrorKind::environment, "no answer in time"));
  EXPECT_EQ(unknown.ok, std::nullopt);
  EXPECT_EQ(unknown.observed, "no answer in time");
}

TEST(BodyClaim, NoAnswerIsNoBody) {
  EXPECT_EQ(body_claim({}, rule).ok, false);
  const std::vector<chain::Reply> failed = {{.failure = "refused"}};
  EXPECT_EQ(body_claim(failed, rule).ok, false);
  EXPECT_EQ(body_claim(failed, rule).observed, "refused");
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
  EXPECT_EQ(expected_statements({.driver = "psycopg2"}, article), 3);
  EXPECT_EQ(expected_statements({.driver = "psycopg3"}, article), 3);
  EXPECT_EQ(expected_statements({.driver = "aiopg"}, article), 2);
  EXPECT_EQ(expected_statements({.driver = "asyncpg"}, article), 1);
  EXPECT_EQ(expected_statements({.driver = "mine"}, article), std::nullopt);
  EXPECT_EQ(expected_statements({.driver = "mine", .statements = 2}, article), 2)
      << "as its stack says";
  scenario::Scenario fair = article;
  fair.driver_transaction = false;
  EXPECT_EQ(expected_statements({.driver = "psycopg2"}, fair), 1);
  fair.db_connection = scenario::Connection::pooled;
  EXPECT_EQ(expected_statements({.driver = "aiopg"}, fair), 1) << "asks once for each connection";
}

TEST(ConcurrencyClaim, ManyThreadsOfOneProcessThatAllBlockAreNoEventLoop) {
  // Two threads that each wait for their statement have two under way.
  Concurrent seen{.requests = 20, .threads_each = 2, .statements = 2, .delays = 10};
  for (const auto model : {Concurrency::event_loop, Concurrency::goroutines,
                           Concurrency::virtual_threads, Concurrency::async_coroutine}) {
    EXPECT_EQ(concurrency_claim(model, seen).ok, false);
    EXPECT_EQ(yields_claim(model, seen)->ok, false);
  }
  seen = {.requests = 20, .threads_each = 2, .statements = 20, .delays = 1.2};
  EXPECT_EQ(concurrency_claim(Concurrency::goroutines, seen).ok, true);
  EXPECT_EQ(yields_claim(Concurrency::goroutines, seen)->ok, true);
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
