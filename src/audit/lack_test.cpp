#include "audit/lack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace unrig::audit {
namespace {

using ::testing::HasSubstr;

constexpr int connections = 20;
Means plenty() {
  return {.open_files = 1024, .local_ports = 28232, .listen_queue = 4096, .full_queues = 7};
}
std::string lack_in(const Means& after, const std::vector<std::string>& logs = {}) {
  return lack_of(plenty(), after, connections, logs);
}

TEST(Lack, NothingIsLackingOnAUsualMachine) {
  EXPECT_EQ(lack_in(plenty()), "");
  EXPECT_EQ(lack_in({}), "") << "what cannot be read is no excuse";
  EXPECT_EQ(lack_in(plenty(), {"GET /test 200"}), "");
}

TEST(Lack, IsNamedWithWhatHelps) {
  Means means = plenty();
  means.open_files = 243;
  EXPECT_EQ(lack_in(means), "a process may have 243 open files, 244 are needed: ulimit -n 244");
  means = plenty();
  means.local_ports = 599;
  EXPECT_THAT(lack_in(means), HasSubstr("the kernel hands out 599 local ports, 600 are needed"));
  means = plenty();
  means.listen_queue = 1;
  EXPECT_THAT(lack_in(means), HasSubstr("the kernel allows 1: sysctl net.core.somaxconn"));
  means = plenty();
  means.full_queues = 9;
  EXPECT_THAT(lack_in(means), HasSubstr("2 connections found a full listen queue"));
  means = plenty();
  means.sees_processes = false;
  EXPECT_THAT(lack_in(means), HasSubstr("/proc does not show"));
  EXPECT_THAT(lack_in(plenty(), {"", "OSError: [Errno 24] Too many open files: 'x'"}),
              HasSubstr("short of file descriptors (ulimit -n)"));
}

TEST(Lack, AQueueThatIsAsLongAsItsServerAskedForIsNone) {
  Means means = plenty();
  means.full_queues = 9;
  EXPECT_EQ(lack_in(without(means, 2)), "");
  EXPECT_THAT(lack_in(without(means, 1)), HasSubstr("1 connections found a full listen queue"));
  EXPECT_THAT(lack_in(without(means, std::nullopt)), HasSubstr("2 connections"))
      << "whose they were is not known";
  EXPECT_EQ(without(means, 99).full_queues, 0u);
  EXPECT_EQ(without({}, 2).full_queues, std::nullopt);
}

TEST(Lack, ExcusesWhatDependsOnItAndDoesNotHold) {
  std::vector<record::Claim> claims{{"workers", "7", "3 processes answer", false},
                                    {"concurrency", "all", "6 delays", false},
                                    {"driver yields", "yes", "it does", true},
                                    {"body", "a row", "nonsense", false}};
  excuse(claims, "");
  EXPECT_EQ(claims[0].ok, false);
  excuse(claims, "too few ports");
  EXPECT_FALSE(claims[0].ok.has_value());
  EXPECT_EQ(claims[0].observed, "too few ports (seen: 3 processes answer)");
  EXPECT_FALSE(claims[1].ok.has_value());
  EXPECT_EQ(claims[2].ok, true);
  EXPECT_EQ(claims[3].ok, false) << "a wrong answer is wrong on any machine";
}

TEST(Lack, OfThisProcessCanBeRead) {
  const Means means = means_now(::getpid());
  EXPECT_TRUE(means.sees_processes);
  EXPECT_GT(means.open_files.value(), 0u);
  EXPECT_FALSE(means_now(-5).sees_processes);
}

}  // namespace
}  // namespace unrig::audit
