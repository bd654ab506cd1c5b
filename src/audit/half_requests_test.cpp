#include "audit/half_requests.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <thread>

#include "host/ports.h"

namespace unrig::audit {
namespace {

class HalfRequestsTest : public testing::Test {
 protected:
  HalfRequestsTest() {
    const auto address = host::socket_address(at);
    EXPECT_EQ(bind(server.get(), address.get(), address.length), 0);
    EXPECT_EQ(listen(server.get(), 8), 0);
  }
  [[nodiscard]] UniqueFd accept() const {
    return UniqueFd(::accept(server.get(), nullptr, nullptr));
  }
  static std::string read(const UniqueFd& fd, std::size_t size) {
    std::string bytes(size, '\0');
    const auto got = recv(fd.get(), bytes.data(), size, MSG_WAITALL);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }

  SystemClock clock;
  host::Endpoint at = host::local_ports().next().value();
  UniqueFd server = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const std::string request = "GET / HTTP/1.1\r\n\r\n";
};

TEST_F(HalfRequestsTest, SendTheOtherHalfAtTheirEnd) {
  HalfRequests requests(at, request, clock);
  ASSERT_TRUE(requests.open(2));
  EXPECT_EQ(requests.size(), 2U);
  const std::size_t half = request.size() / 2;
  UniqueFd first = accept(), second = accept();
  EXPECT_EQ(read(first, half), request.substr(0, half));
  char byte = 0;
  EXPECT_EQ(recv(first.get(), &byte, 1, MSG_DONTWAIT), -1) << "no more comes";
  std::jthread answering([&] {
    for (UniqueFd* each : {&first, &second}) {
      const std::size_t left = request.size() - (each == &first ? half : 0);
      EXPECT_EQ(read(*each, left), request.substr(request.size() - left));
      EXPECT_EQ(send(each->get(), "answer", 6, MSG_NOSIGNAL), 6);
      each->reset();
    }
  });
  requests.finish(std::chrono::minutes(1));
  EXPECT_EQ(requests.size(), 0U);
}

TEST_F(HalfRequestsTest, AreOverWithTheAnswerWhereTheServerKeepsTheConnection) {
  HalfRequests requests(at, request, clock);
  ASSERT_TRUE(requests.open(1));
  const UniqueFd kept = accept();
  const std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  ASSERT_EQ(send(kept.get(), answer.data(), answer.size(), MSG_NOSIGNAL), std::ssize(answer));
  const Instant begun = clock.now();
  requests.finish(std::chrono::minutes(1));
  EXPECT_LT(clock.now() - begun, std::chrono::seconds(30));
}

TEST_F(HalfRequestsTest, WaitForNobodyForEver) {
  HalfRequests requests(at, request, clock);
  ASSERT_TRUE(requests.open(1));
  const UniqueFd silent = accept();
  requests.finish(std::chrono::milliseconds(20));
  EXPECT_EQ(requests.size(), 0U);
}

TEST_F(HalfRequestsTest, WhereNobodyListensIsAnError) {
  server.reset();
  HalfRequests requests(at, request, clock);
  const auto done = requests.open(1);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::environment);
}

}  // namespace
}  // namespace unrig::audit
