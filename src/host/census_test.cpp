#include "host/census.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "base/file.h"
#include "host/loopback.h"
#include "host/sockets.h"
#include "process/testing.h"

namespace unrig::host {
namespace {

using ::testing::Contains;

class CensusTest : public process::ProcessTest {
 protected:
  process::Guard guard_ = process::Guard::start().value();
};

TEST_F(CensusTest, CountsWhatGotAwayFromItsParentToo) {
  const auto program = process::Process::start(
      python(std::string(process::start_daemon) +
             "import threading\n"
             "for i in range(3):\n"
             "    threading.Thread(target=lambda: time.sleep(1000), daemon=True).start()\n"
             "say('ready')\n"
             "time.sleep(1000)\n"),
      guard_);
  ASSERT_TRUE(program) << program.error().what;
  const pid_t daemon = pid_of("daemon");
  ASSERT_EQ(pid_of("ready"), program->pid());
  const auto found = population_below(keeper_of(program->pid()));
  EXPECT_EQ(found.processes.size(), 2U);
  EXPECT_THAT(found.processes, Contains(program->pid()));
  EXPECT_THAT(found.processes, Contains(daemon));
  EXPECT_EQ(found.threads, 4 + 1);
  EXPECT_TRUE(population_below(program->pid()).processes.empty()) << "it got away from its parent";
}

TEST_F(CensusTest, WhatAThreadForkedIsFoundAndWhatHasEndedDoesNotCount) {
  const auto program = process::Process::start(python("import threading\n"
                                                      "def fork():\n"
                                                      "    if os.fork() == 0: time.sleep(1000)\n"
                                                      "    say('ready')\n"
                                                      "    time.sleep(1000)\n"
                                                      "if os.fork() == 0: os._exit(0)\n"
                                                      "threading.Thread(target=fork).start()\n"),
                                               guard_);
  ASSERT_TRUE(program) << program.error().what;
  ASSERT_EQ(pid_of("ready"), program->pid());
  EXPECT_TRUE(process::eventually([&] {
    return population_below(keeper_of(program->pid())).processes.size() == 2;
  })) << "the program and its thread's child";
}

TEST(Census, OfNobodyIsNone) {
  EXPECT_EQ(keeper_of(-5), -1);
  EXPECT_TRUE(population_below(-5).processes.empty());
}

TEST(Connections, AreThoseOfTheProcessThatHasMost) {
  const UniqueFd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = ipv4_loopback();
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(listening.get(), generic, size), 0);
  ASSERT_EQ(::listen(listening.get(), 5), 0);
  ASSERT_EQ(::getsockname(listening.get(), generic, &size), 0);
  const int port = ::ntohs(address.sin_port);
  const std::array<pid_t, 2> processes{::getpid(), ::getppid()};
  if (!most_connections_of_one(processes, port))
    GTEST_SKIP() << "this kernel has no sock_diag for TCP";
  EXPECT_EQ(most_connections_of_one(processes, port), 0);
  std::array<UniqueFd, 3> clients;
  for (auto& client : clients) {
    client = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(client.get(), generic, sizeof address), 0);
  }
  // One of version 6 that speaks version 4 is one as well.
  const UniqueFd six(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 mapped{};
  mapped.sin6_family = AF_INET6;
  mapped.sin6_port = address.sin_port;
  mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
  std::memcpy(&mapped.sin6_addr.s6_addr[12], &address.sin_addr, sizeof address.sin_addr);
  const int more =
      six && ::connect(six.get(), reinterpret_cast<sockaddr*>(&mapped), sizeof mapped) == 0;
  // What is accepted is the other end, and none that this process has opened.
  const UniqueFd accepted(::accept(listening.get(), nullptr, nullptr));
  EXPECT_EQ(most_connections_of_one(processes, port), 3 + more);
  EXPECT_EQ(most_connections_of_one({}, port), 0);
  EXPECT_EQ(serving_at(processes, port), 1) << "who has accepted one";
  EXPECT_EQ(serving_at(std::array{::getppid()}, port), 0);
  EXPECT_EQ(serving_at(std::array{::getpid(), ::getpid()}, port), 0) << "nobody has it alone";
}

}  // namespace
}  // namespace unrig::host
