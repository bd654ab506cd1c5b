#include "host/ports.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "base/file.h"

namespace unrig::host {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Ports, ReadsTheKernelsList) {
  EXPECT_THAT(parse_port_spans("8080,9000-9010\n"),
              ElementsAre(Pair(8080, 8080), Pair(9000, 9010)));
  EXPECT_THAT(parse_port_spans("\n"), IsEmpty());
  EXPECT_THAT(parse_port_spans("x,1-,7"), ElementsAre(Pair(7, 7)));
}

TEST(Ports, LieOutsideTheRangesAndAreNeverHandedOutTwice) {
  Ports ports(RandomStream(1, "ports"), {20000, 65535}, {{10000, 18999}});
  std::set<int> seen;
  // So many of 1000 that without the rule one would come twice, and few enough for a busy machine.
  for (int i = 0; i < 100; ++i) {
    const auto port = ports.next();
    ASSERT_TRUE(port) << port.error().what;
    EXPECT_GE(port->port, 19000);
    EXPECT_LE(port->port, 19999);
    EXPECT_TRUE(seen.insert(port->port).second) << port->port;
  }
}

TEST(Ports, SaysWhenThereIsNone) {
  Ports ports(RandomStream(1, "ports"), {10000, 65535}, {});
  const auto port = ports.next();
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().kind, ErrorKind::environment);
}

TEST(Ports, ATakenPortIsNotFreeAndBelongsToWhoHasTheSocket) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(socket.get(), 1), 0);
  ASSERT_EQ(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const auto endpoint = loopback(ntohs(address.sin_port));
  EXPECT_FALSE(is_free(endpoint));
  // Whoever else is asked for a password there would get it.
  EXPECT_TRUE(listens_at(getpid(), endpoint));
  if (!listen_queue(endpoint.port)) GTEST_SKIP() << "this kernel has no sock_diag for TCP";
  const pid_t other = fork();
  if (other == 0) {
    ::close(socket.get());
    ::pause();
    ::_exit(0);
  }
  const auto holds = [&] { return listens_at(other, endpoint); };
  for (int i = 0; i < 1000 && holds(); ++i) ::usleep(10'000);
  EXPECT_FALSE(holds());
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
}

}  // namespace
}  // namespace unrig::host
