#include "audit/own_claims.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "audit/claims.h"
#include "audit/own_points.h"
#include "audit/testing_points.h"

namespace unrig::audit {
namespace {

using record::PointOutcome;
using ::testing::HasSubstr;

chain::Reply reply_of(int status, std::string body) {
  chain::Reply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

const stack::OwnRequest own{
    .request = {.path = "/users/7"},
    .expect = {.status = 200, .members = {{.names = {"user", "id"}, .value = http::Number{"7"}}}}};
const chain::Reply right = reply_of(200, R"({"at": 1, "user": {"id": 7}})");
const chain::Reply wrong = reply_of(200, R"({"at": 2, "user": {"id": 8}})");

TEST(OwnAnswer, IsHeldAgainstWhatIsExpected) {
  EXPECT_EQ(refusal_of(right, own.expect), "");
  EXPECT_EQ(refusal_of(wrong, own.expect), "user.id is 8, not 7");
  EXPECT_EQ(refusal_of(reply_of(404, right.body), own.expect), "status 404");
  chain::Reply none;
  none.failure = "connection refused";
  EXPECT_EQ(refusal_of(none, own.expect), "connection refused");
}

TEST(OwnAnswer, ClaimHoldsWhereAllAreRightAndShowsTheFirstThatIsNot) {
  const std::vector all{right, right};
  const auto held = answer_claim(all, own.expect);
  EXPECT_EQ(held.ok, true);
  EXPECT_EQ(held.observed, "so in 2 of 2 answers");
  const auto broken = answer_claim(std::vector{right, wrong}, own.expect);
  EXPECT_EQ(broken.ok, false);
  EXPECT_EQ(broken.observed, R"(user.id is 8, not 7; status 200: {"at": 2, "user": {"id": 8}})");
  EXPECT_EQ(answer_claim({}, own.expect).ok, std::nullopt);
  EXPECT_THAT(answer_claim(all, {}).observed, HasSubstr("of whose bodies nothing is expected"));
}

TEST(OwnDatabase, IsNotCheckedAndNeverTrue) {
  auto claims = own_database_claims();
  mark_claimed(claims);
  EXPECT_FALSE(claims.empty());
  for (const auto& claim : claims) {
    EXPECT_EQ(claim.ok, std::nullopt) << claim.claim;
    EXPECT_FALSE(claim.claimed) << "nobody is the worse for it";
    EXPECT_EQ(claim.observed, stack::own_database);
  }
}

TEST(OwnPoints, OfAnswersAreKeptOrBrokenWithTheFirstRefused) {
  EXPECT_TRUE(holds(expected_point("answer", std::vector{right, right}, own)));
  const auto broken = expected_point("answer", std::vector{right, wrong}, own);
  EXPECT_TRUE(fails(broken));
  EXPECT_EQ(broken.where, "answer 2 of 2");
  EXPECT_THAT(broken.observed, HasSubstr(R"({"id": 8})"));
  EXPECT_TRUE(is_open(expected_point("answer", {}, own)));
}

TEST(OwnPoints, HealthIsAStatus) {
  EXPECT_TRUE(holds(health_point("/health", reply_of(200, "up"))));
  EXPECT_TRUE(fails(health_point("/health", reply_of(503, ""))));
}

TEST(OwnPoints, AClaimThatNobodyCouldCheckIsNoneThatHolds) {
  EXPECT_TRUE(is_open(point_of({.claim = "workers", .expected = "2", .observed = "why"}, "help")));
  EXPECT_TRUE(
      holds(point_of({.claim = "workers", .expected = "2", .observed = "2", .ok = true}, "help")));
  EXPECT_EQ(
      point_of({.claim = "workers", .expected = "2", .observed = "1", .ok = false}, "help").outcome,
      PointOutcome::fails);
}

TEST(OwnPoints, WhatIsTheUsersAffairCannotFail) {
  record::Point point{.point = "log", .outcome = PointOutcome::fails};
  EXPECT_EQ(only_recorded(point).outcome, PointOutcome::recorded);
  point.outcome = PointOutcome::not_checked;
  EXPECT_EQ(only_recorded(point).outcome, PointOutcome::not_checked);
  EXPECT_FALSE(only_recorded(point).demanded);
}

TEST(OwnPoints, ThoseOfUnrigsApplicationAreNotChecked) {
  const auto points = points_not_looked_at();
  for (const auto& point : points) {
    EXPECT_TRUE(is_open(point)) << point.point;
    EXPECT_FALSE(point.demanded) << point.point;
  }
  EXPECT_NE(std::ranges::find(points, "statements", &record::Point::point), points.end());
}

}  // namespace
}  // namespace unrig::audit
