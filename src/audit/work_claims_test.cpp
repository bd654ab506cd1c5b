#include "audit/work_claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chain/statements.h"

namespace unrig::audit {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string sleeping = chain::wanted_statement(true);

/// 50 answers of a stack that sends its query in a transaction.
Delays honest() {
  return {.wanted = 20ms,
          .answers = 50,
          .quickest = 22ms,
          .statements = {{"BEGIN", 50}, {"COMMIT", 50}, {sleeping, 50}},
          .least = {{"BEGIN", 90us}, {"COMMIT", 80us}, {sleeping, 20'300us}}};
}

TEST(DelayClaim, HoldsWhereAStatementOfEachRequestTakesIt) {
  const auto claim = delay_claim(honest());
  EXPECT_EQ(claim.ok, true);
  EXPECT_EQ(claim.expected, "20 ms in the database for every request");
  EXPECT_EQ(claim.observed, "20.3 ms there at least, answers after 22 ms at least");
}

TEST(DelayClaim, HoldsHoweverSlowTheMachineIs) {
  Delays seen = honest();
  seen.quickest = 900ms;
  seen.least = {{"BEGIN", 300ms}, {"COMMIT", 30ms}, {sleeping, 400ms}};
  EXPECT_EQ(delay_claim(seen).ok, true);
}

TEST(DelayClaim, ClocksMayBeAHundredthApart) {
  Delays seen = honest();
  seen.quickest = seen.least[sleeping] = 19'850us;
  EXPECT_EQ(delay_claim(seen).ok, true);
  seen.quickest = 19'700us;
  EXPECT_EQ(delay_claim(seen).ok, false);
}

TEST(DelayClaim, NoDelayShowsInTheAnswersThemselves) {
  Delays seen = honest();
  seen.quickest = 900us;
  EXPECT_EQ(delay_claim(seen).ok, false);
  EXPECT_EQ(delay_claim(seen).observed, "an answer came after 900 us");
}

TEST(DelayClaim, HalfOfItOrOnTheClientsSideShowsInFrontOfTheDatabase) {
  Delays seen = honest();
  seen.least[sleeping] = 10'200us;
  const auto claim = delay_claim(seen);
  EXPECT_EQ(claim.ok, false);
  EXPECT_THAT(claim.observed, HasSubstr("of 50 answers: 50 x BEGIN (90 us at least); "));
  EXPECT_THAT(claim.observed, HasSubstr("WHERE t.a = ? (10.2 ms at least)"));
}

TEST(DelayClaim, OneOfTenAnswersCachedIsASleepTooFew) {
  Delays seen = honest();
  seen.statements = {{sleeping, 45}};
  EXPECT_EQ(delay_claim(seen).ok, false);
}

TEST(DelayClaim, WithoutAStatementNobodySlept) {
  Delays seen = honest();
  seen.statements.clear();
  seen.least.clear();
  EXPECT_EQ(delay_claim(seen).ok, false);
  EXPECT_EQ(delay_claim(seen).observed, "of 50 answers: no statement");
}

TEST(DelayClaim, IsNotCheckedWithoutAnswersOrWords) {
  EXPECT_EQ(delay_claim({.wanted = 20ms}).ok, std::nullopt);
  Delays seen = honest();
  seen.readable = false;
  EXPECT_EQ(delay_claim(seen).ok, std::nullopt);
  seen.quickest = 1ms;
  EXPECT_EQ(delay_claim(seen).ok, false) << "the answers tell it all the same";
}

TEST(Delays, AreThoseBetweenTwoMoments) {
  PgTally before, after;
  before.statements = {{"BEGIN", 3}, {"x", 1}};
  after.statements = {{"BEGIN", 5}, {"x", 1}, {sleeping, 2}};
  after.least = {{"BEGIN", 90us}, {sleeping, 21ms}};
  const Instant begin{};
  const std::vector<chain::Reply> replies = {
      {.status = 200, .began = begin, .ended = begin + 25ms},
      {.status = 200, .began = begin + 5ms, .ended = begin + 29ms},
      {.status = 500, .began = begin, .ended = begin + 1ms},
      {.failure = "refused", .began = begin, .ended = begin + 1ms}};
  const auto seen = delays_in(replies, 20ms, before, after);
  EXPECT_EQ(seen.answers, 2);
  EXPECT_EQ(seen.quickest, 24ms);
  EXPECT_EQ(seen.statements, (std::map<std::string, std::uint64_t>{{"BEGIN", 2}, {sleeping, 2}}));
  EXPECT_TRUE(seen.readable);
  EXPECT_EQ(delay_claim(seen).ok, true);
  after.unreadable = 1;
  EXPECT_FALSE(delays_in(replies, 20ms, before, after).readable);
}

record::Audit audit_of(std::vector<record::StatementCount> statements, double connections) {
  return {.requests = 40,
          .hops = {{.from = "app", .connections = connections, .statements = statements}}};
}

TEST(QueryClaim, IsTheStatementThatAllOthersRun) {
  EXPECT_EQ(query_claim(audit_of({{"BEGIN", 1}, {sleeping, 1}}, 1)).ok, true);
  const auto cheaper = query_claim(audit_of({{"SELECT t.a FROM pg_sleep(?), test t", 1}}, 1));
  EXPECT_EQ(cheaper.ok, false);
  EXPECT_EQ(cheaper.observed, "1 x SELECT t.a FROM pg_sleep(?), test t");
  EXPECT_EQ(query_claim(audit_of({{sleeping, 2}}, 1)).ok, false);
  EXPECT_EQ(query_claim(audit_of({}, 1)).observed, "no statement");
  EXPECT_EQ(query_claim({.not_made = "it failed"}).ok, std::nullopt);
}

TEST(ConnectionsClaim, IsWhatTheScenarioSays) {
  scenario::Scenario anew;
  EXPECT_EQ(connections_claim(anew, 7, audit_of({}, 1)).ok, true);
  EXPECT_EQ(connections_claim(anew, 7, audit_of({}, 0.1)).ok, false) << "it keeps some";
  const auto two = connections_claim(anew, 7, audit_of({}, 2));
  EXPECT_EQ(two.ok, false);
  EXPECT_EQ(two.observed, "2 per request");
  scenario::Scenario pooled;
  pooled.db_connection = scenario::Connection::pooled;
  EXPECT_EQ(connections_claim(pooled, 7, audit_of({}, 0)).ok, true);
  EXPECT_EQ(connections_claim(pooled, 7, audit_of({}, 1)).ok, false);
  EXPECT_EQ(connections_claim(pooled, 7, audit_of({}, 0.15)).ok, std::nullopt)
      << "6 of 7 workers may have been asked for the first time";
  EXPECT_EQ(connections_claim(pooled, 4, audit_of({}, 0.15)).ok, false);
  EXPECT_EQ(connections_claim(anew, 7, {.not_made = "it failed"}).ok, std::nullopt);
}

TEST(LostStatements, AreThoseThatALaterTransactionUses) {
  PgTally before, after;
  before.left_named = after.left_named = 7;
  EXPECT_FALSE(lost_statements(before, after, "1.18.0")) << "those were another stack's";
  after.left_named = 9;
  const auto named = lost_statements(before, after, "1.18.0");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->kind, ErrorKind::measurement);
  EXPECT_THAT(named->what, HasSubstr("pgbouncer 1.18.0 with pooler.mode=transaction"));
  EXPECT_THAT(named->help, HasSubstr("1.21"));
  EXPECT_FALSE(lost_statements(before, after, "1.21.0")) << "it carries them along";
  after.carried_unnamed = 1;
  const auto unnamed = lost_statements(before, after, "1.21.0");
  ASSERT_TRUE(unnamed);
  EXPECT_THAT(unnamed->help, Not(HasSubstr("1.21"))) << "no version carries what has no name";
}

}  // namespace
}  // namespace unrig::audit
