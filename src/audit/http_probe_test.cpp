#include "audit/http_probe.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/testing.h"
#include "chain/row.h"
#include "record/limits.h"

namespace unrig::audit {
namespace {

using namespace std::chrono_literals;
using record::PointOutcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// For servers that leave somebody waiting.
constexpr ProbePatience quick{
    .answer = 2s, .end = 2s, .surplus = 20ms, .between_pieces = 1ms, .tries = 1};

/// Another row each time.
std::string right_body() {
  static std::atomic<std::uint32_t> next{1};
  const auto a = next++;
  return fmt::format(R"({{"a": "{:010}", "b": "{}"}})", a,
                     chain::row_b(a, chain::RowRule::known()));
}
std::string head(int status, std::size_t length, bool closes) {
  return fmt::format(
      "HTTP/1.1 {} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n", status,
      length, closes ? "Connection: close\r\n" : "");
}
/// What an honest server says to a request.
std::string answer_to(const std::string& request, bool closes = false) {
  closes = closes || request.find("Connection: close") != std::string::npos;
  const bool there = request.find(" /test ") != std::string::npos;
  const auto body = there ? right_body() : std::string();
  return head(there ? 200 : 404, body.size(), closes) + (request.starts_with("HEAD") ? "" : body);
}
bool asks_to_close(const std::string& request) {
  return request.find("Connection: close") != std::string::npos;
}

class HttpProbeTest : public ::testing::Test {
 protected:
  record::CheckedStack judged(std::function<void(ServerTalk&)> serve,
                              const ProbePatience& patience = patient) const {
    const PlayedServer server(std::move(serve));
    record::CheckedStack stack;
    judge(look_at_answers(server.at(), "/test", clock_, {}, patience), chain::RowRule::known(),
          stack);
    return stack;
  }
  /// Names of the points that fail.
  static std::vector<std::string> failing(const record::CheckedStack& stack) {
    std::vector<std::string> names;
    for (const auto& point : stack.points)
      if (point.outcome == PointOutcome::fails) names.push_back(point.point);
    return names;
  }
  static std::string observed(const record::CheckedStack& stack, std::string_view name) {
    for (const auto& point : stack.points)
      if (point.point == name) return point.observed;
    return "no such point";
  }
  /// Nothing of an honest server depends on how long this waits for what should not come.
  static constexpr ProbePatience patient{
      .answer = 60s, .end = 60s, .surplus = 20ms, .between_pieces = 1ms, .tries = 3};
  SystemClock clock_;
};

TEST_F(HttpProbeTest, AServerThatKeepsItsConnectionsHolds) {
  const auto stack = judged([](ServerTalk& talk) {
    for (auto request = talk.hear(); !request.empty(); request = talk.hear()) {
      talk.say(answer_to(request));
      if (asks_to_close(request)) return;
    }
  });
  EXPECT_THAT(failing(stack), IsEmpty());
  EXPECT_EQ(stack.outcome(), PointOutcome::holds);
  EXPECT_EQ(observed(stack, "pipelined requests"), "3 of 3 answered");
  EXPECT_EQ(observed(stack, "kept connection"), "keeps it, and answers again");
}

TEST_F(HttpProbeTest, AServerThatClosesAfterEachAnswerAndSaysSoHolds) {
  const auto stack = judged([](ServerTalk& talk) { talk.say(answer_to(talk.hear(), true)); });
  EXPECT_THAT(failing(stack), IsEmpty());
  EXPECT_EQ(stack.outcome(), PointOutcome::holds);
  EXPECT_EQ(observed(stack, "pipelined requests"), "1 of 3 answered, and the connection is closed");
  EXPECT_EQ(observed(stack, "kept connection"), "closes after each answer, and says so");
  EXPECT_EQ(stack.figures.head_to_body_us.why(), "the server keeps no connection");
}

TEST_F(HttpProbeTest, AServerThatClosesWithoutAWordDoesNot) {
  const auto stack = judged([](ServerTalk& talk) { talk.say(answer_to(talk.hear())); });
  EXPECT_THAT(failing(stack), ElementsAre("kept connection"));
}

TEST_F(HttpProbeTest, AServerThatTakesOneReadForOneRequestIsFoundByTheCuts) {
  const auto stack = judged([](ServerTalk& talk) {
    const auto bytes = talk.hear_once();
    talk.say(bytes.ends_with("\r\n\r\n") ? answer_to(bytes, true) : head(400, 0, true));
  });
  EXPECT_THAT(failing(stack), ElementsAre("request in pieces"));
  EXPECT_THAT(observed(stack, "request in pieces"), HasSubstr("400"));
}

TEST_F(HttpProbeTest, AServerThatLosesPipelinedRequestsKeepsItsClientWaiting) {
  const auto stack = judged(
      [](ServerTalk& talk) {
        for (auto request = talk.hear(); !request.empty(); request = talk.hear()) {
          talk.say(answer_to(request));
          if (asks_to_close(request)) return;
          // What else was read with it is thrown away.
          talk.forget();
        }
      },
      quick);
  EXPECT_THAT(failing(stack), ElementsAre("pipelined requests"));
  EXPECT_EQ(observed(stack, "pipelined requests"),
            "1 of 3 answered, and the connection stays open");
}

TEST_F(HttpProbeTest, ABodyBehindAHeadAndAConnectionThatStaysAreFound) {
  const auto stack = judged(
      [](ServerTalk& talk) {
        for (auto request = talk.hear(); !request.empty(); request = talk.hear()) {
          if (request.starts_with("HEAD")) request.replace(0, 4, "GET");
          talk.say(answer_to(request));
        }
      },
      quick);
  EXPECT_THAT(failing(stack), ElementsAre("closed connection", "HEAD"));
}

TEST_F(HttpProbeTest, AServerThatAnswersNothingIsNotAskedInEveryWay) {
  const auto stack = judged([](ServerTalk& talk) { talk.hear(); }, quick);
  EXPECT_THAT(failing(stack), ElementsAre("status", "elsewhere"));
  EXPECT_THAT(observed(stack, "request in pieces"), HasSubstr("not asked for"));
  EXPECT_EQ(stack.outcome(), PointOutcome::fails);
}

TEST_F(HttpProbeTest, WhatIsNotAnsweredInTimeIsAskedAgain) {
  std::atomic<int> connections{0};
  const auto stack = judged([&](ServerTalk& talk) {
    // Every other connection is lost, as on a machine that is at its limit.
    if (++connections % 2 == 0) return;
    for (auto request = talk.hear(); !request.empty(); request = talk.hear()) {
      talk.say(answer_to(request));
      if (asks_to_close(request)) return;
    }
  });
  EXPECT_THAT(failing(stack), IsEmpty());
}

TEST_F(HttpProbeTest, APlateauShowsInTheAnswersOfOneConnection) {
  const auto in_pieces = [&](bool waits) {
    const PlayedServer server([waits](ServerTalk& talk) {
      if (waits) talk.waits_for_confirmations();
      for (auto request = talk.hear(); !request.empty(); request = talk.hear()) {
        const std::string body = right_body();
        talk.say(head(200, body.size(), false));
        talk.say(body);
      }
    });
    const auto answers =
        answers_in_turn(server.at(), "GET /test HTTP/1.1\r\nHost: h\r\n\r\n", clock_, patient);
    EXPECT_EQ(answers.size(), 24u);
    return microseconds(head_to_body(answers).value_or(0us));
  };
  EXPECT_GE(in_pieces(true), record::plateau_us);
  EXPECT_LT(in_pieces(false), record::plateau_us);
}

TEST_F(HttpProbeTest, AServerThatKeepsNothingHasNoAnswersInTurn) {
  const PlayedServer server([](ServerTalk& talk) { talk.say(answer_to(talk.hear(), true)); });
  EXPECT_THAT(answers_in_turn(server.at(), "GET /test HTTP/1.1\r\nHost: h\r\n\r\n", clock_, quick),
              IsEmpty());
}

TEST_F(HttpProbeTest, EndsEarlyWhereSomebodyAsksForIt) {
  std::stop_source stop;
  const PlayedServer server([&](ServerTalk& talk) {
    talk.say(answer_to(talk.hear(), true));
    stop.request_stop();
  });
  const auto seen = look_at_answers(server.at(), "/test", clock_, stop.get_token(), quick);
  EXPECT_THAT(seen.cuts, IsEmpty());
  EXPECT_FALSE(seen.pipelined);
}

}  // namespace
}  // namespace unrig::audit
