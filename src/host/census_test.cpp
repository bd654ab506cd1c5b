#include "host/census.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "host/loopback.h"
#include "host/sockets.h"
#include "process/testing.h"

namespace unrig::host {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

/// A listening socket, and connections to it that this process has opened.
class DealingsTest : public ::testing::Test {
 protected:
  DealingsTest() {
    sockaddr_in address = ipv4_loopback();
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listening.get(), generic, size), 0);
    EXPECT_EQ(::listen(listening.get(), 5), 0);
    EXPECT_EQ(::getsockname(listening.get(), generic, &size), 0);
    port = ::ntohs(address.sin_port);
    for (auto& client : clients) {
      client = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      EXPECT_EQ(::connect(client.get(), generic, sizeof address), 0);
      EXPECT_EQ(::getsockname(client.get(), generic, &size), 0);
      own_ports.push_back(::ntohs(address.sin_port));
      address.sin_port = ::htons(static_cast<std::uint16_t>(port));
    }
  }
  UniqueFd listening{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int port = 0;
  std::array<UniqueFd, 3> clients;
  std::vector<int> own_ports;
  std::array<pid_t, 2> processes{::getpid(), ::getppid()};
};

TEST_F(DealingsTest, AreWithWhomAProcessIsConnected) {
  auto seen = dealings_of(processes, port, port);
  ASSERT_TRUE(seen) << "neither sock_diag nor /proc/net/tcp";
  EXPECT_EQ(seen->most_connections, 3);
  EXPECT_THAT(seen->serving, IsEmpty()) << "nobody has accepted any";
  EXPECT_THAT(seen->at_work, ElementsAre(::getpid())) << "who asks is at work, too";
  EXPECT_THAT(dealings_of(processes, port, 0)->at_work, IsEmpty());
  const UniqueFd accepted(::accept(listening.get(), nullptr, nullptr));
  // What is accepted is the other end, and none that this process has opened.
  seen = dealings_of(processes, port, port);
  EXPECT_EQ(seen->most_connections, 3);
  EXPECT_THAT(seen->serving, ElementsAre(::getpid()));
  EXPECT_THAT(dealings_of(processes, port, 0)->at_work, ElementsAre(::getpid()));
  char byte = 'x';
  ASSERT_EQ(::send(clients[0].get(), &byte, 1, 0), 1);
  EXPECT_THAT(dealings_of(processes, port, 0)->serving, IsEmpty()) << "it may be passed on";
  ASSERT_EQ(::recv(accepted.get(), &byte, 1, 0), 1);
  EXPECT_THAT(dealings_of(processes, port, 0)->serving, ElementsAre(::getpid()));
  const auto others = dealings_of(std::array{::getppid()}, port, port);
  EXPECT_THAT(others->serving, IsEmpty());
  EXPECT_THAT(others->at_work, IsEmpty());
  const auto shared = dealings_of(std::array{::getpid(), ::getpid()}, port, port);
  EXPECT_THAT(shared->serving, IsEmpty()) << "nobody has it alone";
  EXPECT_THAT(shared->at_work, IsEmpty());
  EXPECT_EQ(dealings_of({}, port, port)->most_connections, 0);
}

TEST_F(DealingsTest, OneOfVersion6ThatSpeaksVersion4IsOneAsWell) {
  const UniqueFd six(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 mapped{};
  mapped.sin6_family = AF_INET6;
  mapped.sin6_port = ::htons(static_cast<std::uint16_t>(port));
  mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
  const auto address = ipv4_loopback();
  std::memcpy(&mapped.sin6_addr.s6_addr[12], &address.sin_addr, sizeof address.sin_addr);
  if (!six || ::connect(six.get(), reinterpret_cast<sockaddr*>(&mapped), sizeof mapped) != 0)
    GTEST_SKIP() << "this machine has no version 6";
  EXPECT_EQ(dealings_of(processes, 0, port)->most_connections, 4);
}

TEST_F(DealingsTest, EachConnectionHasItsOpener) {
  const auto openers = openers_of(processes, port);
  ASSERT_TRUE(openers);
  EXPECT_EQ(openers->size(), 3U);
  for (const int own : own_ports) EXPECT_THAT(openers->at(own), ElementsAre(::getpid()));
  EXPECT_THAT(*openers_of(std::array{::getppid()}, port), IsEmpty());
  EXPECT_THAT(openers_of(std::array{::getpid(), ::getpid()}, port)->at(own_ports.front()),
              ElementsAre(::getpid(), ::getpid()));
}

TEST(Programs, AreTheFilesThatProcessesRun) {
  const auto own = std::filesystem::read_symlink("/proc/self/exe").string();
  EXPECT_THAT(programs_of(std::array{::getpid(), ::getpid(), -5}), ElementsAre(own));
}

}  // namespace
}  // namespace unrig::host
