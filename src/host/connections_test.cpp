#include "host/connections.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "base/file.h"
#include "base/testing_folder.h"
#include "host/loopback.h"
#include "process/testing.h"

namespace unrig::host {
namespace {

using process::eventually;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// Port 8000 is 1F40: a listener, one connection that was taken, one that waits, one that the client
// has closed, one in TIME_WAIT, and the clients' ends.
constexpr std::string_view tcp =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode                                                     \n"
    "   0: 0100007F:1F40 00000000:0000 0A 00000000:00000001 00:00000000 00000000   998        0 "
    "41001 1 0000000000000000 100 0 0 10 0                       \n"
    "   1: 0100007F:1F40 0100007F:C350 01 00000000:00000000 00:00000000 00000000   998        0 "
    "41002 1 0000000000000000 20 4 30 10 -1                      \n"
    "   2: 0100007F:1F40 0100007F:C352 01 00000000:0000002B 00:00000000 00000000   998        0 "
    "0 1 0000000000000000 20 4 30 10 -1                          \n"
    "   3: 0100007F:1F40 0100007F:C354 08 00000000:00000000 00:00000000 00000000   998        0 "
    "41003 1 0000000000000000 20 4 30 10 -1                      \n"
    "   4: 0100007F:1F40 0100007F:C356 06 00000000:00000000 03:00001770 00000000     0        0 "
    "0 3 0000000000000000\n"
    "   5: 0100007F:C350 0100007F:1F40 01 00000000:00000000 00:00000000 00000000     0        0 "
    "41004 1 0000000000000000 20 4 30 10 -1                      \n";

TEST(TcpTable, HasWhatIsTakenAndWhatWaits) {
  const auto found = parse_tcp(tcp, 8000);
  EXPECT_THAT(found.listening, ElementsAre(41001u));
  EXPECT_THAT(found.accepted, ElementsAre(41002u, 41003u));
  EXPECT_EQ(found.waiting, 1);
  const auto other = parse_tcp(tcp, 8001);
  EXPECT_THAT(other.listening, IsEmpty());
  EXPECT_THAT(other.accepted, IsEmpty());
  for (const char* text : {"", "\n", "nonsense\n", "0: :1F40 x 0A a b c d e f\n"}) {
    EXPECT_THAT(parse_tcp(text, 8000).listening, IsEmpty()) << text;
  }
}

TEST(TcpTable, HasBothEndsOfWhatIsEstablished) {
  constexpr int server = 8000, client = 50000, nobody = 8001;
  EXPECT_THAT(parse_ends(tcp, std::array{server}),
              ElementsAre(ConnectionEnd{.inode = 41002, .port = server, .peer_port = client},
                          ConnectionEnd{.inode = 41004, .port = client, .peer_port = server}));
  EXPECT_THAT(parse_ends(tcp, std::array{client, nobody}).size(), 2U);
  EXPECT_THAT(parse_ends("   1: 0100007F:1F40 0100007F:C350 01 00000000:0000003B 00:00000000 "
                         "00000000   998        0 41002 1 0000000000000000 20 4 30 10 -1\n",
                         std::array{server}),
              ElementsAre(ConnectionEnd{
                  .inode = 41002, .port = server, .peer_port = client, .unread = 59}));
  EXPECT_THAT(parse_ends(tcp, std::array{nobody, 0}), IsEmpty());
  EXPECT_THAT(parse_ends("0: :1F40 x 01 a b c d e f\n", std::array{server}), IsEmpty());
}

TEST(TcpTable, OfVersion6HasLongerAddresses) {
  const auto found = parse_tcp(
      "   0: 00000000000000000000000000000000:1F40 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 00:00000000 00000000     0        0 51001 1 0000000000000000 100 0 0 10 "
      "0\n"
      "   1: 0000000000000000FFFF00000100007F:1F40 0000000000000000FFFF00000100007F:C350 01 "
      "00000000:00000000 00:00000000 00000000     0        0 51002 1 0000000000000000 20 4 0 10 "
      "-1\n",
      8000);
  EXPECT_THAT(found.listening, ElementsAre(51001u));
  EXPECT_THAT(found.accepted, ElementsAre(51002u));
}

TEST(UnixTable, HasTheListenersEndsOfConnections) {
  constexpr std::string_view table =
      "Num       RefCount Protocol Flags    Type St Inode Path\n"
      "0000000000000000: 00000002 00000000 00010000 0001 01 61001 /run/a b/app.sock\n"
      "0000000000000000: 00000003 00000000 00000000 0001 03 61002 /run/a b/app.sock\n"
      "0000000000000000: 00000003 00000000 00000000 0001 02     0 /run/a b/app.sock\n"
      "0000000000000000: 00000003 00000000 00000000 0001 03 61003\n"
      "0000000000000000: 00000003 00000000 00000000 0001 03 61004 /run/other.sock\n";
  const auto found = parse_unix(table, "/run/a b/app.sock");
  EXPECT_THAT(found.listening, ElementsAre(61001u));
  EXPECT_THAT(found.accepted, ElementsAre(61002u));
  EXPECT_EQ(found.waiting, 1);
}

TEST(SocketLink, IsANumberOrNone) {
  EXPECT_EQ(parse_socket_link("socket:[625525]"), 625525u);
  for (const char* text : {"", "pipe:[1]", "socket:[]", "socket:[x]", "/dev/null", "socket:[1"})
    EXPECT_FALSE(parse_socket_link(text)) << text;
}

// Numbers that no process can have (PID_MAX_LIMIT): whose they are is looked up.
class SocketsTest : public FolderTest {};

TEST_F(SocketsTest, AreThoseAmongTheDescriptors) {
  const auto fd = folder() / "4194311" / "fd";
  std::filesystem::create_directories(fd);
  std::filesystem::create_symlink("socket:[11]", fd / "3");
  std::filesystem::create_symlink("/dev/null", fd / "0");
  std::filesystem::create_symlink("socket:[12]", fd / "10");
  const auto found = sockets_of(4194311, folder());
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_THAT(*found, ElementsAre(Pair(3, 11u), Pair(10, 12u)));
  const auto gone = sockets_of(4194312, folder());
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, ErrorKind::environment);
}

/// A listening socket at a port that the kernel chose, and where that is.
std::pair<UniqueFd, Endpoint> listener() {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = ipv4_loopback();
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(socket.get(), generic, size), 0);
  EXPECT_EQ(::listen(socket.get(), 5), 0);
  EXPECT_EQ(::getsockname(socket.get(), generic, &size), 0);
  return {std::move(socket), loopback(::ntohs(address.sin_port))};
}

Inode inode_of(const UniqueFd& fd) {
  struct stat status {};
  EXPECT_EQ(::fstat(fd.get(), &status), 0);
  return status.st_ino;
}

TEST(Connections, OfThisMachineShowWhoHasTakenOne) {
  const auto [socket, here] = listener();
  const auto address = socket_address(here);
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(client.get(), address.get(), address.length), 0);
  ASSERT_TRUE(connections_at(here));
  EXPECT_THAT(connections_at(here)->listening, ElementsAre(inode_of(socket)));
  EXPECT_TRUE(eventually([&] { return connections_at(here)->waiting == 1; }));
  const UniqueFd taken(::accept(socket.get(), nullptr, nullptr));
  const auto seen = connections_at(here);
  EXPECT_EQ(seen->waiting, 0);
  EXPECT_THAT(seen->accepted, ElementsAre(inode_of(taken)));
  const auto own = sockets_of(::getpid());
  ASSERT_TRUE(own) << own.error().what;
  EXPECT_EQ(own->at(taken.get()), inode_of(taken));
}

TEST(TcpTable, HasWhoListensAtWhichPort) {
  EXPECT_THAT(parse_listening(tcp), ElementsAre(Pair(41001u, 8000)));
  EXPECT_THAT(parse_listening("0: :1F40 x 0A a b c d e f\n"), IsEmpty());
}

TEST(ListeningPorts, AreThoseOfTheProcesses) {
  const auto [fd, here] = listener();
  const pid_t own = getpid();
  const auto ports = listening_ports(std::span(&own, 1));
  ASSERT_TRUE(ports);
  EXPECT_TRUE(ports->contains(here.port));
  const pid_t nobody = 4194311;
  EXPECT_THAT(*listening_ports(std::span(&nobody, 1)), IsEmpty());
}

}  // namespace
}  // namespace unrig::host
