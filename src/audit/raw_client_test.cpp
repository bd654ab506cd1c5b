#include "audit/raw_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "audit/testing.h"

namespace unrig::audit {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view request = "GET /test HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view hello = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";

class RawClientTest : public ::testing::Test {
 protected:
  /// For what hangs, not for a slow machine.
  [[nodiscard]] Instant in(Duration time = 60s) const { return clock_.now() + time; }
  [[nodiscard]] RawConnection connected(const PlayedServer& server) const {
    return RawConnection::open(server.at(), clock_, in()).value();
  }
  /// The answer of a server that says `bytes` and ends the connection.
  [[nodiscard]] RawAnswer answer_to(std::string_view bytes, bool to_head = false) const {
    const PlayedServer server([&](ServerTalk& talk) {
      talk.hear();
      talk.say(bytes);
    });
    auto connection = connected(server);
    EXPECT_TRUE(connection.send(request, in()));
    return connection.read_answer(to_head, in());
  }
  SystemClock clock_;
};

TEST_F(RawClientTest, KeepsTheAnswerAsItCame) {
  const auto answer =
      answer_to("HTTP/1.1 200 OK\r\nContent-length:6\r\nX: a\r\nx:\tb \r\n\r\nhello\n");
  EXPECT_TRUE(answer.complete()) << answer.failure;
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.head, "HTTP/1.1 200 OK\r\nContent-length:6\r\nX: a\r\nx:\tb \r\n\r\n");
  EXPECT_EQ(answer.body, "hello\n");
  EXPECT_TRUE(answer.says_it_keeps);
  EXPECT_THAT(answer.values("x"), ElementsAre("a", "b"));
  EXPECT_THAT(answer.values("y"), IsEmpty());
  EXPECT_THAT(answer.names(), ElementsAre("Content-length", "X", "x"));
}

TEST_F(RawClientTest, PutsChunksTogether) {
  const auto answer = answer_to(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n3  \r\nlo\n\r\n0\r\n\r\n");
  EXPECT_TRUE(answer.complete()) << answer.failure;
  EXPECT_EQ(answer.body, "hello\n");
}

TEST_F(RawClientTest, ReadsToTheEndWhereNothingElseEndsTheBody) {
  const auto answer =
      answer_to("HTTP/1.1 200 OK\nTransfer-Encoding: identity\nConnection: foo, Close\n\nhello\n");
  EXPECT_TRUE(answer.complete()) << answer.failure;
  EXPECT_EQ(answer.body, "hello\n");
  EXPECT_FALSE(answer.says_it_keeps);
  EXPECT_EQ(answer.end, ConnectionEnd::closed);
}

TEST_F(RawClientTest, SaysWhyAnAnswerIsNotComplete) {
  EXPECT_EQ(answer_to("").failure, "the connection was closed before any byte of the answer");
  EXPECT_EQ(answer_to(hello.substr(0, 12)).failure,
            "the connection was closed before the answer was complete");
  const auto cut = answer_to(hello.substr(0, hello.size() - 1));
  EXPECT_EQ(cut.failure, "the connection was closed before the answer was complete");
  EXPECT_EQ(cut.status, 200) << "its head was whole";
  EXPECT_EQ(cut.body, "hello");
  EXPECT_THAT(answer_to("HTP/1.1 200 OK\r\n\r\n").failure, HasSubstr("the answer is not HTTP"));
}

TEST_F(RawClientTest, DoesNotTakeAResetForAnEnd) {
  const PlayedServer server([](ServerTalk& talk) {
    talk.hear();
    talk.say("HTTP/1.1 200 OK\r\n\r\nhello\n");
    if (talk.hear().empty()) return;
    talk.reset();
  });
  auto connection = connected(server);
  // The second request is what the server breaks the connection at: the first bytes are read then.
  ASSERT_TRUE(connection.send(std::string(request) + std::string(request), in()));
  const auto answer = connection.read_answer(false, in());
  EXPECT_EQ(answer.end, ConnectionEnd::reset);
  EXPECT_EQ(answer.failure, "the connection was reset before the answer was complete");
}

TEST_F(RawClientTest, EndsByItsDeadlineWhateverTheServerDoes) {
  const PlayedServer server([](ServerTalk& talk) {
    talk.hear();
    talk.say("HTTP/1.1 200 OK\r\nContent-Le");
    talk.hear();
  });
  auto connection = connected(server);
  ASSERT_TRUE(connection.send(request, in()));
  const auto answer = connection.read_answer(false, in(200ms));
  EXPECT_EQ(answer.end, ConnectionEnd::open);
  EXPECT_EQ(answer.failure, "no complete answer in time");
  EXPECT_EQ(connection.read_answer(false, in(1ms)).failure, "no answer in time");
  EXPECT_EQ(connection.wait_for_end(in(1ms)), ConnectionEnd::open);
}

TEST_F(RawClientTest, SendsInThePiecesThatItIsTold) {
  std::vector<std::string> pieces;
  std::atomic<int> heard{0};
  {
    const PlayedServer server([&](ServerTalk& talk) {
      for (auto piece = talk.hear_once(); !piece.empty(); piece = talk.hear_once()) {
        pieces.push_back(piece);
        talk.say(piece == "T /" ? hello : "");
        ++heard;
      }
    });
    auto connection = connected(server);
    ASSERT_TRUE(connection.send("GE", in()));
    while (heard == 0) clock_.sleep_for(1ms);
    EXPECT_FALSE(connection.has_something());
    ASSERT_TRUE(connection.send("T /", in()));
    EXPECT_TRUE(connection.read_answer(false, in()).complete());
  }
  EXPECT_THAT(pieces, ElementsAre("GE", "T /"));
}

TEST_F(RawClientTest, NotesInWhichPiecesAnAnswerComes) {
  const PlayedServer server([&](ServerTalk& talk) {
    while (!talk.hear().empty()) {
      talk.say(hello.substr(0, hello.size() - 6));
      clock_.sleep_for(50ms);
      talk.say("hello\n");
    }
  });
  auto connection = connected(server);
  RawAnswer answer;
  // Whoever gets no core for so long finds both pieces at once.
  for (int turn = 0; turn < 50 && answer.arrivals.size() < 2; ++turn) {
    ASSERT_TRUE(connection.send(request, in()));
    answer = connection.read_answer(false, in());
  }
  ASSERT_THAT(answer.arrivals, SizeIs(2));
  EXPECT_EQ(answer.arrivals[0].upto, answer.head.size());
  EXPECT_EQ(answer.arrivals[1].upto, hello.size());
  EXPECT_GT(answer.arrivals[1].when, answer.arrivals[0].when);
}

TEST_F(RawClientTest, ReadsSeveralAnswersFromOnePiece) {
  const PlayedServer server([](ServerTalk& talk) {
    talk.hear();
    talk.say(std::string(hello) + std::string(hello) + "more");
  });
  auto connection = connected(server);
  ASSERT_TRUE(connection.send(request, in()));
  EXPECT_EQ(connection.read_answer(false, in()).body, "hello\n");
  EXPECT_TRUE(connection.has_something());
  EXPECT_EQ(connection.read_answer(false, in()).body, "hello\n");
  EXPECT_EQ(connection.wait_for_end(in()), ConnectionEnd::closed);
  EXPECT_EQ(connection.surplus(), "more");
}

TEST_F(RawClientTest, AnAnswerToHeadHasNoBody) {
  EXPECT_EQ(answer_to(hello.substr(0, hello.size() - 6), true).failure, "");
  const auto with_body = answer_to(hello, true);
  EXPECT_EQ(with_body.body, "");
  EXPECT_TRUE(with_body.complete());
}

TEST_F(RawClientTest, ReadsNoMoreThanItHasTo) {
  const std::string endless(raw_answer_limit + 1, 'x');
  const auto answer = answer_to("HTTP/1.1 200 OK\r\n\r\n" + endless);
  EXPECT_THAT(answer.failure, HasSubstr("longer than"));
}

TEST_F(RawClientTest, NobodyListensIsAnError) {
  host::Endpoint nobody;
  {
    const PlayedServer server([](ServerTalk&) {});
    nobody = server.at();
  }
  const auto connection = RawConnection::open(nobody, clock_, in());
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().kind, ErrorKind::environment);
}

}  // namespace
}  // namespace unrig::audit
