#include "audit/process_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/testing_points.h"

namespace unrig::audit {
namespace {

using record::Point;
using record::PointOutcome;
using ::testing::HasSubstr;

std::optional<host::ListenQueue> queue(std::uint32_t limit, std::uint32_t sockets = 1) {
  host::ListenQueue made{.limit = limit};
  for (std::uint32_t i = 0; i < sockets; ++i) made.inodes.push_back(i);
  return made;
}

TEST(Backlog, IsWhatWasAskedFor) {
  EXPECT_TRUE(holds(backlog_point("listen backlog", 2048, 4096, queue(2048))));
  const auto usual = backlog_point("listen backlog", 2048, 4096, queue(128));
  EXPECT_TRUE(fails(usual));
  EXPECT_EQ(usual.observed, "128 of 1 socket");
  EXPECT_TRUE(fails(backlog_point("listen backlog", 2048, 4096, queue(4096)))) << "more is other";
  EXPECT_TRUE(holds(backlog_point("listen backlog", 2048, std::nullopt, queue(2048))));
}

TEST(Backlog, IsNoMoreThanTheKernelAllows) {
  const auto point = backlog_point("listen backlog", 2048, 128, queue(128));
  EXPECT_TRUE(holds(point));
  EXPECT_EQ(point.expected, "2048, as asked for, of which the kernel allows 128");
}

TEST(Backlog, IsThatOfEachSocketThatSharesThePort) {
  EXPECT_TRUE(holds(backlog_point("listen backlog", 100, 4096, queue(300, 3))));
  EXPECT_TRUE(fails(backlog_point("listen backlog", 100, 4096, queue(100, 3))));
  EXPECT_EQ(backlog_each(queue(300, 3)), 100U);
  EXPECT_EQ(backlog_each(std::nullopt), std::nullopt);
  EXPECT_EQ(backlog_each(queue(0, 0)), std::nullopt);
  EXPECT_TRUE(is_open(backlog_point("listen backlog", 100, 4096, std::nullopt)));
}

/// What an honest server writes in 40 requests.
LogSeen honest() {
  LogSeen seen{.traced = 40, .to_database = 40 * 250, .watched = 300, .files_seen = true};
  seen.writes = {
      {.sink = Sink::client, .target = "TCP", .process = 7, .calls = 40, .bytes = 40 * 190},
      {.sink = Sink::stream,
       .target = "UNIX-STREAM",
       .process = 7,
       .calls = 200,
       .bytes = 40 * 250 + 40},
      {.sink = Sink::wake, .target = "anon_inode", .process = 7, .calls = 80, .bytes = 640}};
  return seen;
}

TEST(Log, OfAnHonestServerIsEmpty) {
  const auto point = log_point(honest());
  EXPECT_TRUE(holds(point)) << point.observed;
  EXPECT_EQ(point.observed,
            "nothing but answers and statements in 40 requests, and no open file that grows with "
            "600");
  EXPECT_EQ(*log_bytes(honest()), 0);
}

TEST(Log, ElsewhereIsSeenWithItsFirstLine) {
  auto seen = honest();
  seen.writes.push_back({.sink = Sink::file,
                         .target = "/tmp/x.log",
                         .process = 8,
                         .calls = 19,
                         .bytes = 19 * 20,
                         .sample = "GET /test 200\\n"});
  seen.writes.push_back({.sink = Sink::file,
                         .target = "/tmp/x.log",
                         .process = 9,
                         .calls = 21,
                         .bytes = 21 * 20,
                         .sample = "GET /test 200\\n"});
  const auto point = log_point(seen);
  EXPECT_TRUE(fails(point));
  EXPECT_EQ(point.observed, "20 bytes per request to /tmp/x.log: GET /test 200\\n");
  EXPECT_EQ(point.where, "process 9");
  EXPECT_EQ(*log_bytes(seen), 20);
}

TEST(Log, ThatGoesToTheSystemsIsOne) {
  auto seen = honest();
  seen.writes.push_back(
      {.sink = Sink::message, .target = "UNIX-DGRAM", .process = 8, .calls = 40, .bytes = 40 * 60});
  EXPECT_THAT(log_point(seen).observed, HasSubstr("a socket for messages (UNIX-DGRAM)"));
  seen.writes.back().sink = Sink::other;
  EXPECT_TRUE(fails(log_point(seen)));
  seen.writes.back().sink = Sink::stream;
  const auto stray = log_point(seen);
  EXPECT_TRUE(holds(stray)) << "60 bytes may wake somebody";
  seen.writes.back().bytes = 40 * 70;
  EXPECT_TRUE(fails(log_point(seen)));
  EXPECT_THAT(log_point(seen).observed, HasSubstr("not the database's"));
  EXPECT_TRUE(has_stray_bytes(seen));
  seen.at_rest = 40 * 7;
  EXPECT_TRUE(holds(log_point(seen))) << "it does so without requests, too";
}

TEST(Log, IsNotTheHandingOnOfConnections) {
  auto seen = honest();
  seen.writes.push_back({.sink = Sink::stream,
                         .target = "UNIX-STREAM",
                         .process = 8,
                         .calls = 40,
                         .bytes = 40 * 200,
                         .handed_on = 40});
  EXPECT_TRUE(holds(log_point(seen))) << log_point(seen).observed;
  seen.writes.back().bytes = 40 * 600;
  EXPECT_TRUE(fails(log_point(seen))) << "far more than it takes";
  seen.writes.back().bytes = 40 * 200;
  seen.writes.back().handed_on = 0;
  EXPECT_TRUE(fails(log_point(seen)));
}

TEST(Log, IsNotWhatAServerSaysNowAndThen) {
  auto seen = honest();
  seen.writes.push_back(
      {.sink = Sink::file, .target = "/log", .process = 7, .calls = 3, .bytes = 4000});
  EXPECT_TRUE(holds(log_point(seen))) << "a warning with its stack";
  seen.writes.back() = {
      .sink = Sink::file, .target = "/log", .process = 7, .calls = 40, .bytes = 40 * 7};
  EXPECT_TRUE(holds(log_point(seen))) << "a heart that beats";
  seen.grown = {{.path = "/log", .process = 7, .bytes = 100'000}};
  EXPECT_TRUE(holds(log_point(seen))) << "once";
  seen.again = {{.path = "/other", .process = 7, .bytes = 100'000}};
  EXPECT_TRUE(holds(log_point(seen))) << "another time another one";
}

TEST(Log, ThatIsWrittenMuchAtATimeShowsInItsFile) {
  auto seen = honest();
  seen.grown = {{.path = "/tmp/buffered", .process = 8, .bytes = 16'384}};
  seen.again = {{.path = "/tmp/buffered", .process = 8, .bytes = 8'192}};
  const auto point = log_point(seen);
  EXPECT_TRUE(fails(point));
  EXPECT_EQ(point.observed, "/tmp/buffered grows by 27 bytes per request");
  EXPECT_EQ(point.where, "process 8");
  // Whether or not strace could be used.
  seen.traced = 0;
  EXPECT_TRUE(fails(log_point(seen)));
  EXPECT_NEAR(*log_bytes(seen), 27.3, 0.1);
}

TEST(Log, IsWatchedForAsLongAsEachWorkersBufferTakes) {
  constexpr int buffer = 8192, line = 60;
  EXPECT_EQ(watched_requests(1), 300);
  EXPECT_EQ(watched_requests(2), 300);
  for (const int workers : {1, 2, 7, 40}) {
    EXPECT_GE(watched_requests(workers) / workers * line, buffer) << workers;
    EXPECT_EQ(watched_requests(workers) % watched_at_once, 0) << workers;
  }
}

TEST(Log, IsNotCheckedWithoutStraceWhateverFilesDo) {
  LogSeen seen{.not_traced = "strace is not installed",
               .watched = 300,
               .files_seen = true,
               .written = 600 * 5};
  const auto point = log_point(seen);
  EXPECT_TRUE(is_open(point));
  EXPECT_EQ(point.observed,
            "strace is not installed; 5 bytes per request went through write(2), which sockets "
            "may be");
  EXPECT_FALSE(log_bytes(seen));
  EXPECT_TRUE(is_open(log_point({})));
}

TEST(Memory, IsRecordedAndALeakIsNamed) {
  constexpr std::int64_t mib = 1 << 20;
  MemorySeen seen{.before = 50 * mib,
                  .halfway = 50 * mib + 300 * 2000,
                  .after = 50 * mib + 600 * 2000,
                  .requests = 600};
  const auto leak = memory_point(seen);
  EXPECT_EQ(leak.outcome, PointOutcome::recorded);
  EXPECT_THAT(leak.observed, HasSubstr("2000 and then 2000 bytes more per request"));
  EXPECT_THAT(leak.observed, HasSubstr("a leak"));
  EXPECT_NE(leak.help, "");
  EXPECT_EQ(*memory_growth(seen), 2000);
  seen.processes = 2;
  EXPECT_EQ(memory_point(seen).help, "") << "so much processes take whatever their requests";
  seen.processes = 1;
  seen.after = seen.halfway;
  EXPECT_EQ(memory_point(seen).help, "") << "it was filled once";
  seen.after = *seen.halfway - 300 * 10;
  EXPECT_EQ(*memory_growth(seen), -10) << "given back";
}

TEST(Memory, ThatCouldNotBeReadIsOpen) {
  EXPECT_TRUE(is_open(memory_point({.requests = 600})));
  EXPECT_TRUE(is_open(memory_point({.halfway = 1, .after = 1, .requests = 600})));
  EXPECT_TRUE(is_open(memory_point({.before = 1, .halfway = 1, .after = 1})));
  EXPECT_FALSE(memory_growth({.before = 1, .halfway = 1}));
}

}  // namespace
}  // namespace unrig::audit
