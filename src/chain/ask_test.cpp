#include "chain/ask.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <thread>

namespace unrig::chain {
namespace {

using std::chrono::seconds;

constexpr std::string_view answer =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";

/// Takes `connections` connections one after the other and lets `serve` have each.
class Server {
 public:
  Server(int connections, std::function<void(int fd)> serve)
      : listening_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listening_.get(), 64), 0);
    getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    at = host::loopback(ntohs(address.sin_port));
    thread_ = std::jthread([this, connections, serve] {
      for (int i = 0; i < connections; ++i) {
        const UniqueFd fd(accept(listening_.get(), nullptr, nullptr));
        if (fd) serve(fd.get());
      }
    });
  }
  /// Whoever did not come by then comes no more.
  ~Server() { shutdown(listening_.get(), SHUT_RDWR); }
  host::Endpoint at;

 private:
  UniqueFd listening_;
  std::jthread thread_;
};

std::string read_request(int fd) {
  std::string request;
  char byte = 0;
  while (!request.ends_with("\r\n\r\n") && recv(fd, &byte, 1, 0) == 1) request += byte;
  return request;
}
void say(int fd, std::string_view bytes) {
  EXPECT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

const SystemClock real_clock;

TEST(Ask, ManyAtOnceEachOnItsOwnConnection) {
  std::string seen;
  Server server(20, [&](int fd) {
    seen = read_request(fd);
    say(fd, answer);
  });
  const auto replies = ask(server.at, "/x", 20, Duration(0), real_clock, seconds(60));
  ASSERT_EQ(replies.size(), 20U);
  for (const auto& reply : replies) {
    EXPECT_TRUE(reply.complete()) << reply.failure;
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "ok");
    EXPECT_EQ(reply.field("content-TYPE"), "text/plain");
    EXPECT_EQ(reply.field("Content"), "");
    EXPECT_LE(reply.began, reply.ended);
  }
  EXPECT_TRUE(seen.starts_with("GET /x HTTP/1.1\r\n"));
  EXPECT_NE(seen.find("Connection: close"), std::string::npos);
}

TEST(Ask, EachQuestionItsOwnBytesAndTheReplyKnowsItsKey) {
  // The body is the request's first line, so that each reply says what was asked.
  Server server(3, [](int fd) {
    const auto request = read_request(fd);
    const auto line = request.substr(0, request.find('\r'));
    say(fd,
        "HTTP/1.0 200 OK\r\nContent-Length: " + std::to_string(line.size()) + "\r\n\r\n" + line);
  });
  const std::vector<Question> questions = {{.bytes = "GET /a HTTP/1.0\r\n\r\n", .key = 7},
                                           {.bytes = "GET /b HTTP/1.0\r\n\r\n"}};
  const auto replies = ask(server.at, questions, Duration(0), real_clock, seconds(60));
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].body, "GET /a HTTP/1.0");
  EXPECT_EQ(replies[0].key, 7U);
  EXPECT_EQ(replies[1].body, "GET /b HTTP/1.0");
  EXPECT_EQ(replies[1].key, std::nullopt);
  const auto last = Asker(server.at, false, real_clock).ask(questions[0], seconds(60));
  EXPECT_EQ(last.body, "GET /a HTTP/1.0");
  EXPECT_EQ(last.key, 7U);
}

TEST(Ask, ClosesBeforeTheOthersAreAnswered) {
  // Each connection must end before the next one is taken.
  Server server(5, [](int fd) {
    read_request(fd);
    say(fd, answer);
    char byte = 0;
    EXPECT_EQ(recv(fd, &byte, 1, 0), 0);
  });
  for (const auto& reply : ask(server.at, "/", 5, Duration(0), real_clock, seconds(60)))
    EXPECT_TRUE(reply.complete()) << reply.failure;
}

TEST(Ask, ClosesWithoutSayingSoWhereTheLoadKeepsItsConnections) {
  std::string seen;
  Server server(1, [&](int fd) {
    seen = read_request(fd);
    say(fd, answer);
    char byte = 0;
    EXPECT_EQ(recv(fd, &byte, 1, 0), 0);
  });
  const Question question{.bytes = "GET /x HTTP/1.1\r\nHost: " + server.at.text() + "\r\n\r\n"};
  const auto reply = ask(server.at, question, real_clock, seconds(60));
  EXPECT_TRUE(reply.complete()) << reply.failure;
  EXPECT_EQ(seen, question.bytes);
}

TEST(Ask, KeepsTheSpacing) {
  Server server(5, [](int fd) {
    read_request(fd);
    say(fd, answer);
  });
  const auto spacing = std::chrono::milliseconds(3);
  const Instant called = real_clock.now();
  const auto replies = ask(server.at, "/", 5, spacing, real_clock, seconds(60));
  for (std::size_t i = 1; i < replies.size(); ++i)
    EXPECT_GE(replies[i].began - called, spacing * i);
}

TEST(Ask, PutsChunksTogether) {
  Server server(1, [](int fd) {
    read_request(fd);
    say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
  });
  const auto reply = ask(server.at, "/", 1, Duration(0), real_clock, seconds(60)).front();
  EXPECT_EQ(reply.body, "abc");
  EXPECT_EQ(reply.head, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked");
}

TEST(Ask, SaysWhatIsWrong) {
  Server server(3, [i = 0](int fd) mutable {
    read_request(fd);
    if (i == 0) say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort");
    if (i == 1) say(fd, "what?");
    if (i++ == 2) say(fd, "HTTP/1.0 404 Not Found\r\n\r\nuntil the end");
  });
  const auto one = [&] {
    return ask(server.at, "/", 1, Duration(0), real_clock, seconds(60)).front();
  };
  EXPECT_EQ(one().failure, "the connection was closed before the answer was complete");
  EXPECT_EQ(one().failure, "the answer is not HTTP");
  const auto last = one();
  EXPECT_EQ(last.status, 404);
  EXPECT_EQ(last.body, "until the end");
  EXPECT_TRUE(last.complete());
}

TEST(Ask, GivesUpWithoutAnAnswer) {
  Server server(1, [](int fd) {
    read_request(fd);
    read_request(fd);  // ends when the client has given up
  });
  const auto reply =
      ask(server.at, "/", 1, Duration(0), real_clock, std::chrono::milliseconds(20)).front();
  EXPECT_EQ(reply.failure, "no complete answer in time");
  EXPECT_TRUE(reply.sent) << "it may be answered yet";
}

TEST(Ask, WhatNobodyTookWasNotSent) {
  const UniqueFd unheard(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(unheard.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(getsockname(unheard.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const auto reply = ask(host::loopback(ntohs(address.sin_port)), "/", real_clock, seconds(60));
  EXPECT_EQ(reply.failure, "no connection: Connection refused");
  EXPECT_FALSE(reply.sent);
}

TEST(Asker, UsesItsConnectionAgain) {
  int connections = 0;
  Server server(2, [&](int fd) {
    ++connections;
    // Closes after the second answer, without a word: the third needs a fresh connection.
    for (int i = 0; i < 2 && !read_request(fd).empty(); ++i) say(fd, answer);
  });
  Asker asker(server.at, true, real_clock);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(asker.ask("/", seconds(60)).status, 200) << i;
  EXPECT_EQ(connections, 2);
}

}  // namespace
}  // namespace unrig::chain
