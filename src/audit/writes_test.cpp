#include "audit/writes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::audit {
namespace {

using ::testing::IsEmpty;

constexpr int port = 8000;

/// Of a trace in which all goes to one thing.
Writes only(std::string_view trace) {
  const auto found = parse_writes(trace, port);
  EXPECT_EQ(found.size(), 1U) << trace;
  return found.empty() ? Writes{} : found.front();
}
Sink sink_of_line(const std::string& descriptor, int bytes = 20) {
  return only("41 sendto(5<" + descriptor +
              ">, \"x\"..., 20, 0, NULL, 0) = " + std::to_string(bytes) + "\n")
      .sink;
}

TEST(Writes, AreToldApartByWhatTheDescriptorIs) {
  EXPECT_EQ(sink_of_line("TCP:[127.0.0.1:8000->127.0.0.1:40000]"), Sink::client);
  EXPECT_EQ(sink_of_line("TCPv6:[[::ffff:127.0.0.1]:8000->[::ffff:127.0.0.1]:4000]"), Sink::client);
  EXPECT_EQ(sink_of_line("TCP:[127.0.0.1:40000->127.0.0.1:8000]"), Sink::other)
      << "to somebody else's port of that number";
  EXPECT_EQ(sink_of_line("TCP:[127.0.0.1:18000->127.0.0.1:9]"), Sink::other);
  EXPECT_EQ(sink_of_line("UNIX-STREAM:[1234->1235]"), Sink::stream);
  EXPECT_EQ(sink_of_line("UNIX-STREAM:[1->2,\"/tmp/x/.s.PGSQL.5432\"]"), Sink::stream);
  EXPECT_EQ(sink_of_line("socket:[1234]"), Sink::stream);
  EXPECT_EQ(sink_of_line("UNIX-DGRAM:[1234->\"/dev/log\"]"), Sink::message);
  EXPECT_EQ(sink_of_line("UDP:[127.0.0.1:5->127.0.0.1:514]"), Sink::message);
  EXPECT_EQ(sink_of_line("anon_inode:[eventfd]", 8), Sink::wake);
  EXPECT_EQ(sink_of_line("pipe:[77]", 1), Sink::wake);
  EXPECT_EQ(sink_of_line("pipe:[77]", 60), Sink::other);
  EXPECT_EQ(sink_of_line("NETLINK:[ROUTE:12]"), Sink::wake);
  EXPECT_EQ(sink_of_line("/var/log/access.log"), Sink::file);
  EXPECT_EQ(sink_of_line("/dev/null"), Sink::file);
}

TEST(Writes, TellOfAConnectionThatIsHandedOn) {
  const auto handed_on = [](const std::string& descriptor, const std::string& text = "newconn") {
    return only(
               "41 sendmsg(23<UNIX-STREAM:[1->2]>, {msg_name=NULL, msg_namelen=0, "
               "msg_iov=[{iov_base=\"" +
               text +
               "\", iov_len=7}], msg_iovlen=1, msg_control=[{cmsg_len=20, "
               "cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[" +
               descriptor + "]}], msg_controllen=24, msg_flags=0}, 0) = 7\n")
        .handed_on;
  };
  EXPECT_EQ(handed_on("18<TCP:[127.0.0.1:8000->127.0.0.1:40000]>"), 1U);
  EXPECT_EQ(handed_on("18<TCP:[127.0.0.1:40000->127.0.0.1:8000]>"), 0U) << "its own to elsewhere";
  EXPECT_EQ(handed_on("18</tmp/log>"), 0U);
  EXPECT_EQ(handed_on("18</tmp/log>", "cmsg_type=SCM_RIGHTS, cmsg_data=[1<TCP:[1:8000->2]>"), 0U)
      << "what it says is no proof of what it does";
}

TEST(Writes, AreSummedForEachProcessAndThing) {
  const auto found = parse_writes(
      "41 write(3</tmp/log>, \"GET /test\\n\", 10) = 10\n"
      "42 write(3</tmp/log>, \"GET /test\\n\", 10) = 10\n"
      "41 write(3</tmp/log>, \"second\\n\", 7) = 7\n"
      "41 sendto(5<TCP:[127.0.0.1:8000->127.0.0.1:4]>, \"H\"..., 150, 0, NULL, 0) = 150\n"
      "41 sendto(5<TCP:[127.0.0.1:8000->127.0.0.1:5]>, \"H\"..., 150, 0, NULL, 0) = 150\n",
      port);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].process, 41);
  EXPECT_EQ(found[0].sink, Sink::client);
  EXPECT_EQ(found[0].calls, 2U);
  EXPECT_EQ(found[0].bytes, 300U);
  EXPECT_EQ(found[1].target, "/tmp/log");
  EXPECT_EQ(found[1].calls, 2U);
  EXPECT_EQ(found[1].bytes, 17U);
  EXPECT_EQ(found[1].sample, "GET /test\\n");
  EXPECT_EQ(found[2].process, 42);
}

TEST(Writes, OfACallThatIsInterruptedCountWhenItReturns) {
  const auto one = only(
      "41 write(3</tmp/log>, \"a \\\"word\\\"\"..., 10 <unfinished ...>\n"
      "42 --- SIGALRM {si_signo=SIGALRM} ---\n"
      "41 <... write resumed>) = 10\n"
      "41 <... write resumed>) = 10\n");
  EXPECT_EQ(one.calls, 1U);
  EXPECT_EQ(one.bytes, 10U);
  EXPECT_EQ(one.sample, "a \\\"word\\\"");
}

TEST(Writes, ThatFailedAreNone) {
  EXPECT_THAT(parse_writes("41 write(3</tmp/x>, \"x\", 1) = -1 EAGAIN (Resource temporarily "
                           "unavailable)\n41 write(3</tmp/x>, \"x\", 1) = ? ERESTARTSYS (To be)\n",
                           port),
              IsEmpty());
}

TEST(Writes, OfVectorsHaveTheirFirstBytesAsASample) {
  const auto one = only(
      "7 writev(9</tmp/x y>, [{iov_base=\"one\"..., iov_len=3}, {iov_base=\"two\", iov_len=3}], 2)"
      " = 6\n");
  EXPECT_EQ(one.sample, "one");
  EXPECT_EQ(one.target, "/tmp/x y");
}

TEST(Writes, WhateverElseIsInTheTraceIsPassedOver) {
  for (const char* line :
       {"", "41", "41 ", "+++ exited with 0 +++", "41 +++ exited with 0 +++",
        "41 --- SIGCHLD {si_signo=SIGCHLD} ---", "41 write(", "41 write(3, \"x\", 1) = 1",
        "41 write(3</tmp/x", "41 write(</tmp/x>, \"", "41 <... write resumed>) = 10",
        "strace: Process 41 attached"}) {
    EXPECT_THAT(parse_writes(line, port), IsEmpty()) << line;
  }
}

}  // namespace
}  // namespace unrig::audit
