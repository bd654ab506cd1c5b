/// \file
/// The transports to the kernel, in each of the ways they make connections, against a server in the
/// same thread.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "base/testing.h"
#include "load/epoll_transport.h"
#include "load/uring_transport.h"

namespace unrig::load {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// Writes down what happens.
class Recorder final : public TransportEvents {
 public:
  void on_connected(Slot slot) override { events.push_back(told("connected", slot)); }
  void on_secured(Slot slot) override { events.push_back(told("secured", slot)); }
  void on_received(Slot slot, std::string_view bytes, bool ending) override {
    received += bytes;
    if (bytes.size() < 100) events.push_back(told("received " + std::string(bytes), slot));
    if (ending) events.push_back(told("ending", slot));
  }
  void on_skipped(Slot, std::uint64_t count, bool) override { skipped += count; }
  void on_closed(Slot slot, int error, std::string_view) override {
    events.push_back(told("closed " + std::to_string(error), slot));
  }
  std::vector<std::string> events;
  std::string received;
  std::uint64_t skipped = 0;

 private:
  static std::string told(const std::string& what, Slot slot) {
    return what + " @" + std::to_string(slot);
  }
};

/// A listening socket and what it accepted.
class Listener {
 public:
  explicit Listener(int backlog = 1024) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    Address any = address_of(host::loopback(0));
    auto* address = reinterpret_cast<sockaddr*>(&any.storage);
    EXPECT_EQ(bind(fd_.get(), address, any.length), 0);
    EXPECT_EQ(listen(fd_.get(), backlog), 0);
    EXPECT_EQ(getsockname(fd_.get(), address, &any.length), 0);
    port = ntohs(reinterpret_cast<sockaddr_in*>(address)->sin_port);
  }
  [[nodiscard]] bool has_connection() const {
    pollfd one{fd_.get(), POLLIN, 0};
    return poll(&one, 1, 0) == 1;
  }
  [[nodiscard]] UniqueFd accept() const {
    return UniqueFd(accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  int port = 0;

 private:
  UniqueFd fd_;
};

void write_all(const UniqueFd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ASSERT_GT(sent, 0);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// One way to make connections.
struct Way {
  Backend backend;
  bool short_requests = false;  // the ring does not connect by itself
  int source = 0;               // 127.0.0.N; 0: none
};

std::string name_of(const testing::TestParamInfo<Way>& test) {
  std::string name = test.param.backend == Backend::epoll ? "epoll" : "io_uring";
  if (test.param.backend == Backend::io_uring && !test.param.short_requests) name += "_connects";
  return name + (test.param.source > 0 ? "_from_a_source" : "");
}

class Transports : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    route.address = address_of(host::loopback(listener.port));
    route.short_requests = GetParam().short_requests;
    if (GetParam().source > 0) {
      route.sources = {address_of(host::loopback(0, GetParam().source))};
    }
    transport = make();
    if (!transport) GTEST_SKIP() << "io_uring cannot be had";
  }
  std::unique_ptr<Transport> make(std::size_t slots = 4) const {
    if (GetParam().backend == Backend::epoll) return std::move(*EpollTransport::make(route, slots));
    auto uring = UringTransport::make(route, slots);
    return uring ? std::unique_ptr<Transport>(std::move(*uring)) : nullptr;
  }
  /// Requests of more than a packet ask for this.
  void expect_long_requests() {
    route.no_delay = true;
    route.short_requests = false;
    transport = make();
  }
  /// The connection that was opened last: it is made while the transport waits.
  UniqueFd accept() {
    wait_until([&] { return listener.has_connection(); });
    return listener.accept();
  }
  /// Until `done`, at most some seconds.
  template <class Done>
  void wait_until(Done done) {
    for (int i = 0; i < 5000 && !done(); ++i) transport->wait(2ms, seen);
    EXPECT_TRUE(done());
  }
  void wait_for_events(std::size_t count) {
    wait_until([&] { return seen.events.size() >= count; });
  }

  /// Exactly so many bytes, or fewer when the connection ends before.
  std::string read_from(const UniqueFd& peer, std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t got = 0;
    ssize_t piece = 1;
    for (int i = 0; i < 100'000 && got < size && piece != 0; ++i) {
      transport->wait(piece > 0 ? 0ms : 1ms, seen);
      piece = recv(peer.get(), bytes.data() + got, size - got, MSG_DONTWAIT);
      if (piece > 0) got += static_cast<std::size_t>(piece);
    }
    bytes.resize(got);
    return bytes;
  }

  Listener listener;
  Route route;
  std::unique_ptr<Transport> transport;
  Recorder seen;
};

TEST_P(Transports, CarryBytesBothWays) {
  transport->open(2, "ping");
  const UniqueFd peer = accept();
  wait_for_events(1);
  EXPECT_EQ(read_from(peer, 4), "ping");
  write_all(peer, "pong");
  wait_for_events(2);
  transport->send(2, "more");
  EXPECT_EQ(read_from(peer, 4), "more");
  EXPECT_THAT(seen.events, ElementsAre("connected @2", "received pong @2"));
}

TEST_P(Transports, TellTheEndAfterTheBytesBeforeIt) {
  transport->open(0, "ping");
  {
    const UniqueFd peer = accept();
    wait_for_events(1);
    EXPECT_EQ(read_from(peer, 4), "ping");
    write_all(peer, "pong");
  }
  wait_until([&] { return seen.events.back() == "closed 0 @0"; });
  std::erase(seen.events, "ending @0");  // not every transport knows it in time
  EXPECT_THAT(seen.events, ElementsAre("connected @0", "received pong @0", "closed 0 @0"));
}

TEST_P(Transports, TellAResetAfterTheBytesBeforeIt) {
  transport->open(0, "ping");
  {
    const UniqueFd peer = accept();
    wait_for_events(1);
    std::array<char, 4> ping{};
    wait_until([&] { return recv(peer.get(), ping.data(), 4, MSG_PEEK | MSG_DONTWAIT) == 4; });
    write_all(peer, "pong");  // and it closes with "ping" unread, which resets
  }
  wait_until([&] { return seen.events.back().starts_with("closed"); });
  EXPECT_EQ(seen.events.back(), "closed " + std::to_string(ECONNRESET) + " @0");
}

TEST_P(Transports, RefusedIsAnEventAndNotAnError) {
  route.address = address_of(host::loopback(1));  // nobody listens there
  transport = make();
  transport->open(1, "ping");
  EXPECT_TRUE(seen.events.empty());
  wait_for_events(1);
  EXPECT_THAT(seen.events, ElementsAre("closed " + std::to_string(ECONNREFUSED) + " @1"));
}

TEST_P(Transports, ClosedConnectionEndsForThePeer) {
  transport->open(0, "one");
  const UniqueFd peer = accept();
  wait_for_events(1);
  EXPECT_EQ(read_from(peer, 3), "one");
  transport->close(0);
  char more = 0;
  wait_until([&] { return recv(peer.get(), &more, 1, MSG_DONTWAIT) == 0; });
}

TEST_P(Transports, ClosedSlotTellsNothingMoreAndMayBeUsedAgain) {
  transport->open(0, "one");
  const UniqueFd first = accept();
  wait_for_events(1);
  EXPECT_EQ(read_from(first, 3), "one");
  write_all(first, "late");
  transport->close(0);
  transport->open(0, "two");
  const UniqueFd second = accept();
  wait_for_events(2);
  EXPECT_EQ(read_from(second, 3), "two");
  EXPECT_THAT(seen.events, ElementsAre("connected @0", "connected @0"));
}

TEST_P(Transports, WhatWasSentBeforeACloseDoesNotReachTheNextConnection) {
  transport->open(0, "one");
  const UniqueFd first = accept();
  wait_for_events(1);
  EXPECT_EQ(read_from(first, 3), "one");
  transport->send(0, "old");
  transport->close(0);
  transport->open(0, "new");
  const UniqueFd second = accept();
  wait_for_events(2);
  EXPECT_EQ(read_from(second, 3), "new");
}

TEST_P(Transports, LongRequestsAreSentWhole) {
  expect_long_requests();
  const std::string request(8 << 20, 'q');
  transport->open(0, request);
  const UniqueFd peer = accept();
  wait_for_events(1);
  EXPECT_TRUE(transport->sending(0));
  EXPECT_EQ(read_from(peer, request.size()), request);
  wait_until([&] { return !transport->sending(0); });
}

TEST_P(Transports, WhatWasTakenInPartIsNeverSent) {
  expect_long_requests();
  const std::string request(8 << 20, 'q');
  transport->open(0, request);
  {
    const UniqueFd peer = accept();
    wait_for_events(1);
    EXPECT_EQ(read_from(peer, 1 << 20).size(), 1u << 20);
    write_all(peer, "early");  // and it closes with the rest unread, which resets
  }
  for (bool open = true; open;) {
    EXPECT_TRUE(transport->sending(0));
    transport->wait(1s, seen);
    open = !seen.events.back().starts_with("closed");
  }
}

TEST_P(Transports, LongAnswersArriveWholeAndMayBeSkipped) {
  std::string answer;
  while (answer.size() < (2 << 20)) answer += std::to_string(answer.size());
  for (const bool skip : {false, true}) {
    seen = {};
    transport->open(0, "ping");
    const UniqueFd peer = accept();
    wait_for_events(1);
    if (skip) transport->skip(0, answer.size());
    std::jthread writer([&] { write_all(peer, answer); });
    wait_until([&] { return seen.received.size() + seen.skipped == answer.size(); });
    EXPECT_TRUE(answer.starts_with(seen.received));
    EXPECT_EQ(seen.skipped > 0, skip && GetParam().backend == Backend::epoll);
    writer.join();
    write_all(peer, "rest");
    wait_until([&] { return seen.received.ends_with("rest"); });
    transport->close(0);
  }
}

// As the engine reads it: what is unread is skipped again after each piece that was shown.
class Skipper final : public TransportEvents {
 public:
  Skipper(Transport& transport, std::uint64_t size) : transport_(transport), unread(size) {}
  void on_connected(Slot) override {}
  void on_secured(Slot) override {}
  void on_received(Slot slot, std::string_view bytes, bool) override {
    unread -= bytes.size();
    if (unread > 0) transport_.skip(slot, unread);
  }
  void on_skipped(Slot, std::uint64_t count, bool) override { unread -= skipped = count; }
  void on_closed(Slot, int, std::string_view) override { closed = true; }

 private:
  Transport& transport_;

 public:
  std::uint64_t unread;
  std::uint64_t skipped = 0;
  bool closed = false;
};

TEST_P(Transports, AShortAnswerAfterALongOneThatWasSkipped) {
  const std::string answer(2 << 20, 'a');
  transport->open(0, "ping");
  const UniqueFd peer = accept();
  wait_for_events(1);
  for (int i = 0; i < 3; ++i) {
    Skipper skipper(*transport, answer.size());
    std::jthread writer([&] { write_all(peer, answer); });
    for (int j = 0; j < 10'000 && skipper.unread > 0; ++j) transport->wait(10ms, skipper);
    EXPECT_EQ(skipper.unread, 0u);
    EXPECT_GT(skipper.skipped, 0u);
    EXPECT_FALSE(skipper.closed);
    writer.join();
    write_all(peer, "short");
    wait_until([&] { return seen.received == "short"; });
    seen.received.clear();
  }
}

TEST_P(Transports, MoreAnswersAtOnceThanThereIsRoomFor) {
  constexpr Slot count = 100;
  transport = make(count);
  std::vector<UniqueFd> peers;
  for (Slot slot = 0; slot < count; ++slot) {
    transport->open(slot, "ping");
    peers.push_back(accept());
  }
  wait_for_events(count);
  const std::string answer(64'000, 'a');
  for (const UniqueFd& peer : peers) write_all(peer, answer);
  wait_until([&] { return seen.received.size() >= count * answer.size(); });
  EXPECT_EQ(seen.received.size(), count * answer.size());
  EXPECT_EQ(seen.events.size(), count);  // nobody was closed
}

/// How many sockets try to reach the port.
int connecting_to(int port) {
  int count = 0;
  std::ifstream table("/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    count += line.contains(fmt::format(":{:04X} 02 ", port)) ? 1 : 0;
  }
  return count;
}

TEST_P(Transports, AConnectionThatIsGivenUpIsNotMadeLater) {
  const Listener full(0);  // takes one, and then none
  route.address = address_of(host::loopback(full.port));
  transport = make();
  transport->open(0, "one");
  wait_for_events(1);
  transport->open(1, "two");
  wait_until([&] { return connecting_to(full.port) == 1; });
  transport->close(1);
  wait_until([&] { return connecting_to(full.port) == 0; });
  EXPECT_THAT(seen.events, ElementsAre("connected @0"));
}

TEST_P(Transports, AnAddressThatIsNotOursIsAnEventAndNotAnError) {
  route.sources = {address_of({"192.0.2.1", 0})};
  transport = make();
  transport->open(3, "ping");
  wait_for_events(1);
  EXPECT_THAT(seen.events, ElementsAre("closed " + std::to_string(EADDRNOTAVAIL) + " @3"));
  transport->wait(0ms, seen);
  EXPECT_EQ(seen.events.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(All, Transports,
                         testing::Values(Way{Backend::epoll}, Way{Backend::epoll, false, 2},
                                         Way{Backend::io_uring, true},
                                         Way{Backend::io_uring, true, 2}, Way{Backend::io_uring},
                                         Way{Backend::io_uring, false, 2}),
                         name_of);

TEST(UringTransport, SaysWhyItCannotBeHad) {
  struct Case {
    std::vector<long> calls;
    int error;
    std::string_view why;
  };
  for (const auto& [calls, error, why] :
       {Case{{SYS_io_uring_setup}, ENOSYS, "has no io_uring"},
        Case{{SYS_io_uring_setup}, EPERM, "forbidden"},
        Case{{SYS_io_uring_setup}, EINVAL, "older than"},
        Case{{SYS_io_uring_setup}, ENOMEM, "Cannot allocate memory"},
        Case{{SYS_io_uring_enter}, EPERM, "forbidden"},
        Case{{SYS_io_uring_register}, EPERM, "forbidden"}}) {
    // The filter holds for its thread alone.
    std::jthread([&] {
      if (!forbid_calls(calls, error)) GTEST_SKIP() << "no filter may be set";
      const auto transport =
          UringTransport::make({.address = address_of(host::loopback(1)), .sources = {}}, 4);
      ASSERT_FALSE(transport);
      EXPECT_EQ(transport.error().kind, ErrorKind::environment);
      EXPECT_THAT(transport.error().what, testing::HasSubstr(why));
    });
  }
}

TEST(EpollTransport, WaitsAndReceivesWithoutEpollPwait2) {
  // The filter holds for its thread alone.
  std::jthread([] {
    if (!forbid_calls({SYS_epoll_pwait2})) GTEST_SKIP() << "no filter may be set";
    const Listener listener;
    const Route route{.address = address_of(host::loopback(listener.port)), .sources = {}};
    const auto transport = std::move(*EpollTransport::make(route, 1));
    Recorder seen;
    const SystemClock clock;
    const Instant before = clock.now();
    transport->wait(1500us, seen);
    EXPECT_GE(clock.now() - before, 1500us);

    transport->open(0, "ping");
    const UniqueFd peer = listener.accept();
    write_all(peer, "pong");
    for (int i = 0; i < 1000 && seen.received.empty(); ++i) transport->wait(10ms, seen);
    EXPECT_EQ(seen.received, "pong");
    transport->close(0);
  });
}

TEST(EpollTransport, KnowsTheEndTogetherWithTheLastBytes) {
  const Listener listener;
  const Route route{.address = address_of(host::loopback(listener.port)), .sources = {}};
  const auto transport = std::move(*EpollTransport::make(route, 1));
  Recorder seen;
  transport->open(0, "ping");
  {
    const UniqueFd peer = listener.accept();
    std::array<char, 4> ping{};
    EXPECT_EQ(recv(peer.get(), ping.data(), 4, MSG_WAITALL), 4);
    write_all(peer, "pong");
  }
  const SystemClock clock;
  clock.sleep_for(5ms);  // both have come before it looks
  for (int i = 0; i < 100 && seen.events.size() < 4; ++i) transport->wait(10ms, seen);
  EXPECT_THAT(seen.events,
              ElementsAre("connected @0", "received pong @0", "ending @0", "closed 0 @0"));
}

}  // namespace
}  // namespace unrig::load
