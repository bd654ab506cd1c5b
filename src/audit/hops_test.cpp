#include "audit/hops.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::audit {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(HopBetween, IsTheDifferencePerRequest) {
  const TapCounts before{.connections = 10, .bytes_forth = 1000, .bytes_back = 5000};
  const TapCounts after{.connections = 50, .bytes_forth = 5000, .bytes_back = 12760};
  const auto hop = hop_between("client", "proxy", before, after, 40);
  EXPECT_EQ(hop.from, "client");
  EXPECT_EQ(hop.to, "proxy");
  EXPECT_DOUBLE_EQ(hop.connections, 1);
  EXPECT_DOUBLE_EQ(hop.bytes_forth, 100);
  EXPECT_DOUBLE_EQ(hop.bytes_back, 194);
  EXPECT_EQ(hop.round_trips, std::nullopt);
  EXPECT_THAT(hop.statements, IsEmpty());
}

TEST(HopBetween, LeavesOutStatementsOfBefore) {
  TapCounts before;
  before.postgres = {
      .round_trips = 8, .transactions = 3, .statements = {{"COMMIT", 4}, {"SET x", 1}}};
  TapCounts after;
  after.postgres = {.round_trips = 18,
                    .transactions = 13,
                    .statements = {{"COMMIT", 9}, {"SELECT \x1b[2J", 10}, {"SET x", 1}}};
  const auto hop = hop_between("app", "pooler", before, after, 5);
  EXPECT_EQ(hop.round_trips, 2.0);
  EXPECT_EQ(hop.transactions, 2.0);
  ASSERT_EQ(hop.statements.size(), 2U);
  EXPECT_EQ(hop.statements[0].text, "SELECT \\x1b[2J");
  EXPECT_DOUBLE_EQ(hop.statements[0].per_request, 2);
  EXPECT_EQ(hop.statements[1].text, "COMMIT");
  EXPECT_DOUBLE_EQ(hop.statements[1].per_request, 1);
  EXPECT_DOUBLE_EQ(hop.statements_per_request(), 3);
}

TEST(ParseStrace, ReadsItsTable) {
  EXPECT_THAT(parse_strace("% time     seconds  usecs/call     calls    errors syscall\n"
                           "------ ----------- ----------- --------- --------- ----------------\n"
                           " 60.00    0.001200          12       100        40 epoll_wait\n"
                           " 40.00    0.000800           4       200           recvfrom\n"
                           "------ ----------- ----------- --------- --------- ----------------\n"
                           "100.00    0.002000           6       300        40 total\n"),
              ElementsAre(Pair("recvfrom", 200), Pair("epoll_wait", 100)));
}

TEST(ParseStrace, AnythingElseIsNothing) {
  EXPECT_THAT(parse_strace(""), IsEmpty());
  EXPECT_THAT(parse_strace("a b c d e\n1 2 3 -4 x\n1 2 3 4x y\n"), IsEmpty());
}

}  // namespace
}  // namespace unrig::audit
