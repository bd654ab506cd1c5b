/// \file
/// Both transports to the kernel, against a server in the same thread.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
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
  void on_connected(Slot slot) override { events.push_back(fmt("connected", slot)); }
  void on_secured(Slot slot) override { events.push_back(fmt("secured", slot)); }
  void on_received(Slot slot, std::string_view bytes, bool ending) override {
    received += bytes;
    if (bytes.size() < 100) events.push_back(fmt("received " + std::string(bytes), slot));
    if (ending) events.push_back(fmt("ending", slot));
  }
  void on_skipped(Slot, std::uint64_t count, bool) override { skipped += count; }
  void on_closed(Slot slot, int error, std::string_view) override {
    events.push_back(fmt("closed " + std::to_string(error), slot));
  }
  std::vector<std::string> events;
  std::string received;
  std::uint64_t skipped = 0;

 private:
  static std::string fmt(const std::string& what, Slot slot) {
    return what + " @" + std::to_string(slot);
  }
};

/// A listening socket and what it accepted.
class Listener {
 public:
  Listener() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    Address any = address_of(host::loopback(0));
    auto* address = reinterpret_cast<sockaddr*>(&any.storage);
    EXPECT_EQ(bind(fd_.get(), address, any.length), 0);
    EXPECT_EQ(listen(fd_.get(), 16), 0);
    EXPECT_EQ(getsockname(fd_.get(), address, &any.length), 0);
    port = ntohs(reinterpret_cast<sockaddr_in*>(address)->sin_port);
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

class Transports : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    route.address = address_of(host::loopback(listener.port));
    transport = make();
    if (!transport) GTEST_SKIP() << "io_uring cannot be had";
  }
  std::unique_ptr<Transport> make() const {
    constexpr std::size_t slots = 4;
    if (GetParam() == Backend::epoll) return std::move(*EpollTransport::make(route, slots));
    auto uring = UringTransport::make(route, slots);
    return uring ? std::unique_ptr<Transport>(std::move(*uring)) : nullptr;
  }
  /// Until `done`, at most some seconds.
  template <class Done>
  void wait_until(Done done) {
    for (int i = 0; i < 1000 && !done(); ++i) transport->wait(10ms, seen);
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
  const UniqueFd peer = listener.accept();
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
    const UniqueFd peer = listener.accept();
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
    const UniqueFd peer = listener.accept();
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
  const UniqueFd peer = listener.accept();
  wait_for_events(1);
  EXPECT_EQ(read_from(peer, 3), "one");
  transport->close(0);
  char more = 0;
  wait_until([&] { return recv(peer.get(), &more, 1, MSG_DONTWAIT) == 0; });
}

TEST_P(Transports, ClosedSlotTellsNothingMoreAndMayBeUsedAgain) {
  transport->open(0, "one");
  const UniqueFd first = listener.accept();
  wait_for_events(1);
  write_all(first, "late");
  transport->close(0);
  transport->open(0, "two");
  const UniqueFd second = listener.accept();
  wait_for_events(2);
  EXPECT_EQ(read_from(first, 3), "one");
  EXPECT_EQ(read_from(second, 3), "two");
  EXPECT_THAT(seen.events, ElementsAre("connected @0", "connected @0"));
}

TEST_P(Transports, WhatWasSentBeforeACloseDoesNotReachTheNextConnection) {
  transport->open(0, "one");
  const UniqueFd first = listener.accept();
  wait_for_events(1);
  EXPECT_EQ(read_from(first, 3), "one");
  transport->send(0, "old");
  transport->close(0);
  transport->open(0, "new");
  const UniqueFd second = listener.accept();
  wait_for_events(2);
  EXPECT_EQ(read_from(second, 3), "new");
}

TEST_P(Transports, LongRequestsAreSentWhole) {
  const std::string request(8 << 20, 'q');
  transport->open(0, request);
  const UniqueFd peer = listener.accept();
  wait_for_events(1);
  EXPECT_TRUE(transport->sending(0));
  EXPECT_EQ(read_from(peer, request.size()), request);
  wait_until([&] { return !transport->sending(0); });
}

TEST_P(Transports, WhatWasTakenInPartIsNeverSent) {
  const std::string request(8 << 20, 'q');
  transport->open(0, request);
  {
    const UniqueFd peer = listener.accept();
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
    transport->open(0, "ping");
    const UniqueFd peer = listener.accept();
    seen = {};
    wait_for_events(1);
    if (skip) transport->skip(0, answer.size());
    std::jthread writer([&] { write_all(peer, answer); });
    wait_until([&] { return seen.received.size() + seen.skipped == answer.size(); });
    EXPECT_TRUE(answer.starts_with(seen.received));
    EXPECT_EQ(seen.skipped > 0, skip && GetParam() == Backend::epoll);
    writer.join();
    write_all(peer, "rest");
    wait_until([&] { return seen.received.ends_with("rest"); });
    transport->close(0);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Transports, testing::Values(Backend::epoll, Backend::io_uring),
                         [](const auto& test) {
                           return test.param == Backend::epoll ? "epoll" : "io_uring";
                         });

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
