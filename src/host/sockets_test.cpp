#include "host/sockets.h"

#include <gmock/gmock.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>
#include <vector>

#include "base/file.h"
#include "base/testing_folder.h"
#include "host/endpoint.h"
#include "host/loopback.h"
#include "process/testing.h"

namespace unrig::host {
namespace {

using process::eventually;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

class SocketFolder : public FolderTest {};

/// A listening socket at a port that the kernel chose.
std::pair<UniqueFd, sockaddr_in> listener(int backlog) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = ipv4_loopback();
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(socket.get(), generic, size), 0);
  EXPECT_EQ(::listen(socket.get(), backlog), 0);
  EXPECT_EQ(::getsockname(socket.get(), generic, &size), 0);
  return {std::move(socket), address};
}

UniqueFd connect_to(const sockaddr_in& address, int flags = 0) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  static_cast<void>(
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  return socket;
}

TEST(ListenQueue, HasALimitInTheKernel) {
  EXPECT_GT(longest_listen_queue().value_or(0), 0);
}

TEST(Sockets, TellWhoWaitsToBeAccepted) {
  auto [socket, address] = listener(5);
  const int port = ::ntohs(address.sin_port);
  const auto empty = listen_queue(port);
  if (!empty) GTEST_SKIP() << "this kernel has no sock_diag for TCP";
  EXPECT_EQ(empty->waiting, 0u);
  EXPECT_EQ(empty->limit, 5u);
  const UniqueFd one = connect_to(address);
  const UniqueFd two = connect_to(address);
  // A client is through before the listener has its last packet.
  EXPECT_TRUE(eventually([&] { return listen_queue(port)->waiting == 2u; }));
  // An accepted connection has the port as well, and a queue of bytes.
  const UniqueFd accepted(::accept(socket.get(), nullptr, nullptr));
  ASSERT_EQ(::send(one.get(), "bytes", 5, 0), 5);
  ASSERT_EQ(::send(two.get(), "bytes", 5, 0), 5);
  EXPECT_EQ(listen_queue(port)->waiting, 1u);
  socket.reset();
  EXPECT_FALSE(listen_queue(port));
}

TEST_F(SocketFolder, TellsWhoWaitsAtAUnixSocket) {
  const Endpoint at{(folder() / "own.socket").string(), 0};
  const auto address = socket_address(at);
  const auto made = [] { return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); };
  UniqueFd socket = made();
  ASSERT_EQ(::bind(socket.get(), address.get(), address.length), 0);
  EXPECT_FALSE(listen_queue(at.socket())) << "nobody listens yet";
  ASSERT_EQ(::listen(socket.get(), 5), 0);
  const auto empty = listen_queue(at.socket());
  if (!empty) GTEST_SKIP() << "this kernel has no sock_diag for Unix sockets";
  EXPECT_EQ(empty->waiting, 0u);
  EXPECT_EQ(empty->limit, 5u);
  EXPECT_FALSE(empty->drops) << "nobody counts them";
  const UniqueFd one = made(), two = made();
  ASSERT_EQ(::connect(one.get(), address.get(), address.length), 0);
  ASSERT_EQ(::connect(two.get(), address.get(), address.length), 0);
  EXPECT_EQ(listen_queue(at.socket())->waiting, 2u);
  const UniqueFd accepted(::accept(socket.get(), nullptr, nullptr));
  EXPECT_EQ(listen_queue(at.socket())->waiting, 1u);
  EXPECT_FALSE(listen_queue(folder() / "other.socket"));
}

TEST(Sockets, AnOverflowIsCounted) {
  const auto counters = read_file("/proc/net/netstat").value_or("");
  if (counters.find("ListenOverflows") == std::string::npos) {
    GTEST_SKIP() << "this kernel does not count them";
  }
  const auto [socket, address] = listener(0);
  const NetCounters before = net_counters();
  // A backlog of 0 takes one connection; handshakes beyond it are dropped.
  const UniqueFd first = connect_to(address);
  std::vector<UniqueFd> more;
  for (int i = 0; i < 4; ++i) more.push_back(connect_to(address, SOCK_NONBLOCK));
  EXPECT_TRUE(eventually([&] {
    const NetCounters now = net_counters();
    return now.listen_drops > before.listen_drops && now.listen_overflows > before.listen_overflows;
  }));
}

TEST(Sockets, AHandshakeThatIsPutOffCountsAsADropAndAsThat) {
  const auto [socket, address] = listener(5);
  const int seconds = 5;
  ASSERT_EQ(::setsockopt(socket.get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds), 0);
  const auto drops = [port = ::ntohs(address.sin_port)] {
    const auto queue = listen_queue(port);
    return queue ? queue->drops : std::nullopt;
  };
  const auto before = net_counters().deferred_handshakes;
  if (!drops() || !before) GTEST_SKIP() << "this kernel does not tell";
  const UniqueFd client = connect_to(address);
  EXPECT_TRUE(eventually([&] { return drops() == 1u; }));
  EXPECT_GT(net_counters().deferred_handshakes, before);
}

TEST(Sockets, TellWhoseQueueOverflowed) {
  const auto [full, full_address] = listener(0);
  const auto [idle, idle_address] = listener(5);
  const auto drops = [](const sockaddr_in& address) {
    const auto queue = listen_queue(::ntohs(address.sin_port));
    return queue ? queue->drops : std::nullopt;
  };
  if (!drops(full_address)) GTEST_SKIP() << "this kernel does not tell";
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(connect_to(full_address, SOCK_NONBLOCK));
  EXPECT_TRUE(eventually([&] { return drops(full_address) > 0u; }));
  EXPECT_EQ(drops(idle_address), 0u);
}

TEST(Ports, OfTheKernelAreARange) {
  const PortRange range = ephemeral_ports();
  EXPECT_GT(range.low, 0);
  EXPECT_GE(range.high, range.low);
  EXPECT_LE(range.high, 65535);
  const auto [socket, address] = listener(1);
  EXPECT_THAT(int{::ntohs(address.sin_port)}, AllOf(Ge(range.low), Le(range.high)));
}

}  // namespace
}  // namespace unrig::host
