#include "audit/points.h"

#include <gtest/gtest.h>

namespace unrig::audit {
namespace {

using record::PointOutcome;

TEST(BytesShown, ShowsEveryByte) {
  EXPECT_EQ(bytes_shown("GET /\r\n\t\xff"), "GET /\\r\\n\\t\\xff");
  EXPECT_EQ(bytes_shown(""), "");
  EXPECT_EQ(bytes_shown("abcd", 4), "abcd");
  EXPECT_EQ(bytes_shown("abcde", 4), "abcd...");
}

TEST(Points, OfWhichNothingIsDemandedCannotFail) {
  EXPECT_EQ(point_kept(point_demanded("body", "48 bytes"), "right").outcome, PointOutcome::holds);
  EXPECT_EQ(point_kept(point_recorded("memory", "none"), "none").outcome, PointOutcome::recorded);
  const auto fails = point_broken(point_demanded("body", "48 bytes"), "47", "answer 1", "send all");
  EXPECT_EQ(fails.outcome, PointOutcome::fails);
  EXPECT_EQ(fails.expected, "48 bytes");
  EXPECT_EQ(fails.observed, "47");
  EXPECT_EQ(fails.where, "answer 1");
  EXPECT_EQ(fails.help, "send all");
  const auto noted = point_broken(point_recorded("memory", "none"), "9 MB", "process 1", "look");
  EXPECT_EQ(noted.outcome, PointOutcome::recorded);
  EXPECT_EQ(noted.help, "look");
  const auto open = point_open(point_demanded("log", "none"), "strace is not installed");
  EXPECT_EQ(open.outcome, PointOutcome::not_checked);
  EXPECT_EQ(open.observed, "strace is not installed");
}

TEST(Points, ThatFailForWantOfSomethingElseAreNotChecked) {
  std::vector points{
      point_kept(point_demanded("headers", "none else"), "none else"),
      point_broken(point_demanded("status", "200"), "status 500", "answer 7 of 29", "answer it"),
      point_broken(point_recorded("memory", "none"), "9 MB", "process 1", "look")};
  const auto before = points;
  excuse(points, "");
  EXPECT_EQ(points, before);
  excuse(points, "pgbouncer has ended");
  EXPECT_EQ(points[0], before[0]);
  EXPECT_EQ(points[1].outcome, PointOutcome::not_checked);
  EXPECT_EQ(points[1].observed, "pgbouncer has ended (seen: status 500)");
  EXPECT_EQ(points[1].where + points[1].help, "");
  EXPECT_EQ(points[2], before[2]) << "nothing is demanded";
}

}  // namespace
}  // namespace unrig::audit
