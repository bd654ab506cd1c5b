#include "audit/tap.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "base/random.h"
#include "host/ports.h"

namespace unrig::audit {
namespace {

/// A socket that holds `target`, or a port that the kernel chose when that has none.
struct Bound {
  UniqueFd fd;
  host::Endpoint target;

  explicit Bound(const host::Endpoint& where) : target(where) {
    auto address = host::socket_address(target);
    fd = UniqueFd(::socket(address.storage.ss_family, SOCK_STREAM, 0));
    EXPECT_EQ(bind(fd.get(), address.get(), address.length), 0);
    if (target.is_socket()) return;
    auto* in = reinterpret_cast<sockaddr_in*>(&address.storage);
    EXPECT_EQ(getsockname(fd.get(), reinterpret_cast<sockaddr*>(in), &address.length), 0);
    target.port = ntohs(in->sin_port);
  }
};

struct Listener : Bound {
  explicit Listener(const host::Endpoint& where = host::loopback(0)) : Bound(where) {
    EXPECT_EQ(listen(fd.get(), 256), 0);
  }
  [[nodiscard]] UniqueFd accept() const { return UniqueFd(::accept(fd.get(), nullptr, nullptr)); }
};

host::Endpoint free_port() {
  return host::local_ports().next().value();
}

int try_to_connect(const UniqueFd& fd, const host::Endpoint& at) {
  const auto address = host::socket_address(at);
  return connect(fd.get(), address.get(), address.length);
}

/// `receive_buffer`: not set, the kernel's choice.
UniqueFd connected(const host::Endpoint& at, int receive_buffer = 0) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  if (receive_buffer != 0)
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  EXPECT_EQ(try_to_connect(fd, at), 0);
  return fd;
}

void write_all(const UniqueFd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ASSERT_GT(sent, 0);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// Exactly `size` bytes, or those up to the end.
std::string read_bytes(const UniqueFd& fd, std::size_t size) {
  std::string bytes;
  std::string buffer(65536, '\0');
  while (bytes.size() < size) {
    const auto got = recv(fd.get(), buffer.data(), std::min(buffer.size(), size - bytes.size()), 0);
    if (got <= 0) break;
    bytes.append(buffer, 0, static_cast<std::size_t>(got));
  }
  return bytes;
}

/// What the kernel says of the next read: 0 at an orderly end, ECONNRESET after a reset.
int how_it_ended(const UniqueFd& fd) {
  char byte = 0;
  const auto got = recv(fd.get(), &byte, 1, 0);
  return got < 0 ? errno : got == 0 ? 0 : -1;
}

/// The error that a client gets who sends nothing. A quick reset comes as early as in connect().
int error_of_a_client(const host::Endpoint& at) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  return try_to_connect(fd, at) != 0 ? errno : how_it_ended(fd);
}

class TapTest : public testing::Test {
 protected:
  host::Endpoint port = free_port();
  Listener server;
  Tap tap = Tap::open(port, Tap::Reads::bytes).value();

  void SetUp() override { tap.set_target(server.target); }
  /// Waits until the relay has seen its last connection end.
  [[nodiscard]] TapCounts at_rest() const {
    while (tap.counts().open != 0) poll(nullptr, 0, 1);
    return tap.counts();
  }
};

TEST_F(TapTest, PassesBytesBothWaysAndCountsThem) {
  const UniqueFd client = connected(port);
  const UniqueFd behind = server.accept();
  write_all(client, "question");
  EXPECT_EQ(read_bytes(behind, 8), "question");
  write_all(behind, "an answer");
  EXPECT_EQ(read_bytes(client, 9), "an answer");
  const auto counts = tap.counts();
  EXPECT_EQ(counts.connections, 1U);
  EXPECT_EQ(counts.open, 1U);
  EXPECT_EQ(counts.bytes_forth, 8U);
  EXPECT_EQ(counts.bytes_back, 9U);
}

TEST_F(TapTest, PassesTheEndOfEachDirectionByItself) {
  UniqueFd client = connected(port);
  UniqueFd behind = server.accept();
  write_all(client, "all");
  shutdown(client.get(), SHUT_WR);
  EXPECT_EQ(read_bytes(behind, 100), "all");
  write_all(behind, "still here");
  behind.reset();
  EXPECT_EQ(read_bytes(client, 100), "still here");
  EXPECT_EQ(how_it_ended(client), 0);
  EXPECT_EQ(at_rest().bytes_back, 10U);
}

TEST_F(TapTest, PassesAResetOn) {
  const UniqueFd client = connected(port);
  UniqueFd behind = server.accept();
  write_all(client, "x");
  EXPECT_EQ(read_bytes(behind, 1), "x");
  const linger hard{.l_onoff = 1, .l_linger = 0};
  setsockopt(behind.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  behind.reset();
  EXPECT_EQ(how_it_ended(client), ECONNRESET);
  EXPECT_EQ(at_rest().open, 0U);
}

TEST_F(TapTest, RefusalShowsInFrontAsAReset) {
  const Bound nobody_listens(host::loopback(0));
  tap.set_target(nobody_listens.target);
  EXPECT_EQ(error_of_a_client(port), ECONNRESET);
  const auto counts = at_rest();
  EXPECT_EQ(counts.connections, 1U);
  EXPECT_EQ(counts.refused, 1U);
}

TEST_F(TapTest, WithoutATargetItRefuses) {
  const auto other_port = free_port();
  const auto other = Tap::open(other_port, Tap::Reads::bytes);
  EXPECT_EQ(error_of_a_client(other_port), ECONNRESET);
  EXPECT_EQ(other->counts().refused, 1U);
}

TEST_F(TapTest, SlowReaderHoldsTheWriterBackAndGetsAll) {
  RandomStream random(7, "content");
  std::string content;
  // More than the buffers of any kernel that has not been told otherwise.
  while (content.size() < (16U << 20)) content += std::to_string(random());
  const UniqueFd client = connected(port, 64 << 10);
  UniqueFd behind = server.accept();
  std::jthread writer([&] {
    write_all(behind, content);
    behind.reset();
  });
  poll(nullptr, 0, 20);  // all buffers between the two fill
  EXPECT_LT(tap.counts().bytes_back, content.size());
  EXPECT_TRUE(read_bytes(client, content.size() + 1) == content);
}

TEST_F(TapTest, ManyConnectionsAtOnce) {
  constexpr int many = 60;  // three descriptors each: some machines allow 256
  std::jthread echo([&] {
    for (int i = 0; i < many; ++i) {
      const UniqueFd behind = server.accept();
      write_all(behind, read_bytes(behind, 4));
    }
  });
  std::vector<UniqueFd> clients;
  for (int i = 0; i < many; ++i) {
    clients.push_back(connected(port));
    write_all(clients.back(), "ping");
  }
  for (auto& client : clients) EXPECT_EQ(read_bytes(client, 5), "ping");
  clients.clear();
  const auto counts = at_rest();
  EXPECT_EQ(counts.connections, static_cast<std::uint64_t>(many));
  EXPECT_EQ(counts.bytes_forth, 4U * many);
  EXPECT_EQ(counts.bytes_back, 4U * many);
}

TEST_F(TapTest, TakenPortIsAnError) {
  EXPECT_FALSE(Tap::open(port, Tap::Reads::bytes).has_value());
}

TEST_F(TapTest, EndsWithConnectionsOpen) {
  const UniqueFd client = connected(port);
  const UniqueFd behind = server.accept();
  tap = Tap::open(free_port(), Tap::Reads::bytes).value();
  EXPECT_EQ(how_it_ended(client), 0);
}

TEST(Tap, ReadsPostgresOverAUnixSocket) {
  std::string folder = testing::TempDir() + "unrig-tap-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const Listener server({folder, 1});
  const auto port = free_port();
  const SystemClock clock;
  auto tap = Tap::open(port, Tap::Reads::postgres, &clock).value();
  tap.set_target(server.target);
  {
    using std::string_literals::operator""s;
    const UniqueFd client = connected(port);
    const UniqueFd behind = server.accept();
    const auto question = "\0\0\0\x08\0\x03\0\0Q\0\0\0\x0dSELECT 1\0"s;
    write_all(client, question);
    EXPECT_EQ(read_bytes(behind, question.size()), question);
    clock.sleep_for(std::chrono::milliseconds(5));
    write_all(behind, "Z\0\0\0\5I"s);
    EXPECT_EQ(read_bytes(client, 6).size(), 6U);
  }
  while (tap.counts().open != 0) poll(nullptr, 0, 1);
  const auto counts = tap.counts();
  EXPECT_EQ(counts.postgres.round_trips, 1U);
  EXPECT_EQ(counts.postgres.ready, 1U);
  EXPECT_EQ(counts.postgres.statements, (std::map<std::string, std::uint64_t>{{"SELECT ?", 1}}));
  EXPECT_GE(counts.postgres.least.at("SELECT ?"), std::chrono::milliseconds(5));
  tap.forget_times();
  EXPECT_TRUE(tap.counts().postgres.least.empty());
  std::filesystem::remove_all(folder);
}

TEST(Tap, KnowsWhoWaitsAndCanMakeThemWait) {
  using std::string_literals::operator""s;
  auto folder = (std::filesystem::temp_directory_path() / "unrig-tap-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const host::Endpoint here{folder, 5432};
  const Listener behind;
  {
    auto tap = Tap::open(here, Tap::Reads::postgres).value();
    tap.set_target(behind.target);
    const auto front_now = [&] { return tap.counts().fronts.begin()->second; };
    const UniqueFd front(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(try_to_connect(front, here), 0);
    const auto back = behind.accept();
    const auto start = "\0\0\0\x08\0\x03\0\0"s;
    const auto question = "Q\0\0\0\x0dSELECT 1\0"s;
    const auto answer = "Z\0\0\0\5I"s;
    tap.hold(true);
    write_all(front, start);
    EXPECT_EQ(read_bytes(back, start.size()), start);
    write_all(back, answer);
    EXPECT_EQ(read_bytes(front, answer.size()), answer) << "a session begins all the same";
    write_all(front, question);
    EXPECT_EQ(read_bytes(back, question.size()), question);
    write_all(back, answer);
    poll(nullptr, 0, 20);
    char byte = 0;
    EXPECT_EQ(recv(front.get(), &byte, 1, MSG_DONTWAIT), -1);
    EXPECT_TRUE(front_now().waits);
    EXPECT_EQ(front_now().process, getpid());
    EXPECT_EQ(front_now().port, 0);
    tap.hold(false);
    EXPECT_EQ(read_bytes(front, answer.size()), answer);
    EXPECT_FALSE(front_now().waits);
    EXPECT_EQ(front_now().exchanges, 1U);
  }
  std::filesystem::remove(folder);
}

TEST(Tap, WhoLeavesWaitsNoMore) {
  using std::string_literals::operator""s;
  auto folder = (std::filesystem::temp_directory_path() / "unrig-tap-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const host::Endpoint here{folder, 5432};
  const Listener behind;
  {
    auto tap = Tap::open(here, Tap::Reads::postgres).value();
    tap.set_target(behind.target);
    UniqueFd front(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(try_to_connect(front, here), 0);
    UniqueFd back = behind.accept();
    const auto question = "\0\0\0\x08\0\x03\0\0Q\0\0\0\x0dSELECT 1\0"s;
    write_all(front, question);
    EXPECT_EQ(read_bytes(back, question.size()), question);
    front.reset();
    back.reset();
    while (tap.counts().open != 0) poll(nullptr, 0, 1);
    EXPECT_TRUE(tap.counts().fronts.empty());
    EXPECT_EQ(tap.counts().postgres.under_way, 0);
  }
  std::filesystem::remove(folder);
}

TEST(Tap, TellsWhoseConnectionsOfAUnixSocketTheyAre) {
  auto folder = (std::filesystem::temp_directory_path() / "unrig-tap-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const host::Endpoint here{folder, 5432};
  const Listener behind;
  {
    auto tap = Tap::open(here, Tap::Reads::bytes).value();
    tap.set_target(behind.target);
    const auto own = [&] { return tap.counts().peers[::getpid()]; };
    const auto connected_to_socket = [&] {
      UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
      EXPECT_EQ(try_to_connect(fd, here), 0);
      return fd;
    };
    const UniqueFd kept = connected_to_socket();
    const UniqueFd behind_kept = behind.accept();
    {
      const UniqueFd brief = connected_to_socket();
      const UniqueFd behind_brief = behind.accept();
      while (own().open != 2) poll(nullptr, 0, 1);
    }
    while (own().open != 1) poll(nullptr, 0, 1);
    EXPECT_EQ(tap.counts().peers.size(), 1U);
    EXPECT_EQ(own().connections, 2U);
    EXPECT_EQ(own().most_open, 2U);
    tap.forget_peak();
    EXPECT_EQ(own().most_open, 1U);
  }
  std::filesystem::remove(folder);
}

TEST_F(TapTest, OfAPortTheKernelDoesNotTellWhoseItIsButWhereItCameFrom) {
  const UniqueFd client = connected(port);
  const UniqueFd behind = server.accept();
  sockaddr_in own{};
  socklen_t size = sizeof own;
  ASSERT_EQ(getsockname(client.get(), reinterpret_cast<sockaddr*>(&own), &size), 0);
  // The way on is open before the connection is counted.
  while (tap.counts().fronts.empty()) poll(nullptr, 0, 1);
  const auto counts = tap.counts();
  EXPECT_TRUE(counts.peers.empty());
  ASSERT_EQ(counts.fronts.size(), 1U);
  EXPECT_EQ(counts.fronts.begin()->second.process, 0);
  EXPECT_EQ(counts.fronts.begin()->second.port, ntohs(own.sin_port));
}

TEST(Tap, UnixSocketLeadsOnAndGoesWithTheRelay) {
  auto folder = (std::filesystem::temp_directory_path() / "unrig-tap-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const host::Endpoint here{folder, 5432};
  const Listener behind;
  {
    auto tap = Tap::open(here, Tap::Reads::bytes);
    ASSERT_TRUE(tap) << tap.error().what;
    tap->set_target(behind.target);
    const UniqueFd front(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(try_to_connect(front, here), 0);
    const auto back = behind.accept();
    write_all(front, "forth");
    EXPECT_EQ(read_bytes(back, 5), "forth");
    write_all(back, "back");
    EXPECT_EQ(read_bytes(front, 4), "back");
  }
  EXPECT_FALSE(std::filesystem::exists(here.socket()));
  std::filesystem::remove(folder);
}

}  // namespace
}  // namespace unrig::audit
