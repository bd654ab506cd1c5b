#include "load/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/transport.h"

namespace unrig::load {
namespace {

/// Right is "yes"; counts how often it is asked.
class SaysYes final : public BodyCheck {
 public:
  [[nodiscard]] bool right(std::string_view body, std::optional<std::uint32_t>) const override {
    ++asked;
    return body == "yes";
  }
  mutable int asked = 0;
};

std::string answer(std::string_view body, std::string_view status = "200 OK") {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

struct Exam {
  Plan plan;
  Judge judge{plan};
  AnswerSoFar so_far;

  Judgement read(std::string_view bytes) {
    judge.begin(so_far);
    return judge.read(so_far, bytes);
  }
  Judgement read_in_pieces(std::string_view bytes) {
    judge.begin(so_far);
    Judgement judgement;
    for (std::size_t i = 0; i < bytes.size() && !judgement.ended; ++i) {
      judgement = judge.read(so_far, bytes.substr(i, 1));
    }
    return judgement;
  }
};

TEST(Judge, WholeAnswerIsRight) {
  Exam exam;
  const Judgement judgement = exam.read(answer("yes"));
  EXPECT_TRUE(judgement.ended);
  EXPECT_FALSE(judgement.failure);
  EXPECT_TRUE(judgement.reusable);
  EXPECT_FALSE(judgement.unasked_bytes);
}

TEST(Judge, EveryBodyIsCheckedWhetherItsHeadIsKnownOrNot) {
  const SaysYes check;
  Exam exam{.plan = {.check = &check}};
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(exam.read(answer("yes")).failure);
    EXPECT_EQ(exam.read(answer("nay")).failure, Failure::wrong_body);
    EXPECT_EQ(exam.read(answer("")).failure, Failure::wrong_body);
    EXPECT_FALSE(exam.read_in_pieces(answer("yes")).failure);
    EXPECT_EQ(exam.read_in_pieces(answer("nay")).failure, Failure::wrong_body);
  }
}

TEST(Judge, BodyIsHeldAgainstTheKeyOfItsOwnRequest) {
  /// Right is the key itself.
  class SaysKey final : public BodyCheck {
   public:
    [[nodiscard]] bool right(std::string_view body,
                             std::optional<std::uint32_t> key) const override {
      return key && body == std::to_string(*key);
    }
  };
  const SaysKey check;
  Exam exam{.plan = {.check = &check}};
  const auto failure = [&](std::uint32_t key, std::string_view body, std::size_t piece) {
    exam.judge.begin(exam.so_far, key);
    const std::string bytes = answer(body);
    Judgement judgement;
    for (std::size_t i = 0; i < bytes.size(); i += piece)
      judgement = exam.judge.read(exam.so_far, std::string_view(bytes).substr(i, piece));
    EXPECT_TRUE(judgement.ended);
    return judgement.failure;
  };
  for (const std::size_t piece : {std::size_t{1}, std::size_t{50}, std::size_t{1000}}) {
    for (const std::uint32_t key : {11, 12, 13, 13}) {
      EXPECT_EQ(failure(key, std::to_string(key), piece), std::nullopt) << key;
      EXPECT_EQ(failure(key + 10, std::to_string(key), piece), Failure::wrong_body)
          << "of another request, whether the head is known or not";
    }
  }
  exam.judge.begin(exam.so_far);
  EXPECT_EQ(exam.judge.read(exam.so_far, answer("11")).failure, Failure::wrong_body)
      << "no key is no key of an earlier request";
}

TEST(Judge, MessageOfAWrongBodyNamesTheKey) {
  Exam exam;
  exam.judge.begin(exam.so_far, 42);
  EXPECT_EQ(exam.judge.describe(exam.so_far, Failure::wrong_body, answer("41")),
            "HTTP/1.1 200 OK\nContent-Length: 2\n\n41\n(asked for 42)");
  EXPECT_EQ(exam.judge.describe(exam.so_far, Failure::wrong_status, answer("")),
            "HTTP/1.1 200 OK\nContent-Length: 0\n\n");
}

TEST(Judge, KnownHeadHidesNoOtherStatusAndNoOtherLength) {
  Exam exam;
  ASSERT_FALSE(exam.read(answer("yes")).failure);
  EXPECT_EQ(exam.read(answer("yes", "201 OK")).failure, Failure::wrong_status);
  EXPECT_FALSE(exam.read(answer("longer")).failure);
  EXPECT_FALSE(exam.read("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nlon").ended);
  const Judgement more = exam.read(answer("longer") + "x");
  EXPECT_TRUE(more.ended && more.unasked_bytes);
}

TEST(Judge, KnownHeadKeepsItsConnectionHeader) {
  Exam exam;
  const std::string closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na";
  EXPECT_FALSE(exam.read(closing).reusable);
  EXPECT_FALSE(exam.read(closing).reusable);
  EXPECT_TRUE(exam.read(answer("a")).reusable);
  EXPECT_TRUE(exam.read(answer("a")).reusable);
}

TEST(Judge, KnownHeadIsNotAppliedWithinAnAnswer) {
  // The body holds what a whole answer looks like.
  Exam exam;
  ASSERT_FALSE(exam.read(answer("a")).failure);
  const std::string inner = answer("a");
  exam.judge.begin(exam.so_far);
  EXPECT_FALSE(
      exam.judge.read(exam.so_far, answer(inner).substr(0, answer(inner).size() - inner.size()))
          .ended);
  const Judgement judgement = exam.judge.read(exam.so_far, inner);
  EXPECT_TRUE(judgement.ended);
  EXPECT_FALSE(judgement.unasked_bytes);
  EXPECT_EQ(exam.so_far.body_size, inner.size());
}

TEST(Judge, KnownHeadOfAnAnswerWithoutLengthIsNotLearnt) {
  Exam exam;
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(exam.read(chunked).failure);
  EXPECT_EQ(
      exam.read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\rx").failure,
      Failure::malformed);
}

TEST(Judge, ExpectedBodyIsComparedWhileItStreams) {
  Exam exam{.plan = {.expected_body = "yes"}};
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(exam.read(answer("yes")).failure);
    EXPECT_FALSE(exam.read_in_pieces(answer("yes")).failure);
    EXPECT_EQ(exam.read(answer("nay")).failure, Failure::wrong_body);
    EXPECT_EQ(exam.read_in_pieces(answer("yex")).failure, Failure::wrong_body);
    EXPECT_EQ(exam.read_in_pieces(answer("yes!")).failure, Failure::wrong_body);
    EXPECT_EQ(exam.read_in_pieces(answer("ye")).failure, Failure::wrong_body);
    EXPECT_EQ(exam.read(answer("")).failure, Failure::wrong_body);
    EXPECT_EQ(exam.so_far.pieces, nullptr);
  }
}

TEST(Judge, BodyThatIsTooLongToBeCheckedIsWrong) {
  class Anything final : public BodyCheck {
   public:
    [[nodiscard]] bool right(std::string_view, std::optional<std::uint32_t>) const override {
      return true;
    }
  };
  const Anything check;
  Exam exam{.plan = {.check = &check, .body_limit = 10}};
  EXPECT_FALSE(exam.read_in_pieces(answer("0123456789")).failure);
  EXPECT_EQ(exam.read_in_pieces(answer("0123456789a")).failure, Failure::wrong_body);
  EXPECT_FALSE(exam.read(answer("0123456789a")).failure);  // in one piece it needs no memory
}

http::Expectation expecting(std::string_view member, std::optional<http::LengthRange> length = {}) {
  return {.length = length, .members = {http::parse_member(member).value()}};
}

TEST(Judge, BodyMayChangeWhereItsMembersDoNot) {
  Exam exam{.plan = {.expect = expecting("id=7")}};
  for (const char* right :
       {R"({"id":7,"at":1})", R"({"id":7,"at":1})", R"({"id":7,"at":2})", R"({"at":300,"id":7})"}) {
    EXPECT_FALSE(exam.read(answer(right)).failure) << right;
    EXPECT_FALSE(exam.read_in_pieces(answer(right)).failure) << right;
  }
  for (const char* wrong : {R"({"id":8,"at":1})", R"({"ib":7,"at":1})", R"({"id":7,"at":1])", ""}) {
    EXPECT_EQ(exam.read(answer(wrong)).failure, Failure::wrong_body) << wrong;
    EXPECT_EQ(exam.read_in_pieces(answer(wrong)).failure, Failure::wrong_body) << wrong;
    EXPECT_FALSE(exam.read(answer(R"({"id":7,"at":1})")).failure) << "and no later one suffers";
  }
}

TEST(Judge, LengthOfABodyIsLookedAtHoweverItComes) {
  Exam exam{.plan = {.expect = {.length = http::LengthRange{2, 3}}}};
  for (const auto& [body, right] : std::vector<std::pair<std::string, bool>>{
           {"a", false}, {"ab", true}, {"abc", true}, {"abcd", false}, {"", false}}) {
    EXPECT_EQ(!exam.read(answer(body)).failure, right) << body;
    EXPECT_EQ(!exam.read_in_pieces(answer(body)).failure, right) << body;
  }
  exam.judge.begin(exam.so_far);
  const std::string bytes = answer("abc");
  EXPECT_FALSE(exam.judge.read(exam.so_far, bytes.substr(0, bytes.size() - 3)).ended);
  EXPECT_EQ(exam.judge.skippable(exam.so_far), 3u) << "its bytes need not be seen";
  EXPECT_FALSE(exam.judge.skip(exam.so_far, 3).failure);
}

TEST(Judge, MessageOfAWrongBodySaysWhyHoweverItCame) {
  Exam exam{.plan = {.expect = expecting("id=7", http::LengthRange{0, 20}), .body_limit = 10}};
  const auto said = [&](std::string_view last) {
    const std::string text = exam.judge.describe(exam.so_far, Failure::wrong_body, last);
    return text.substr(text.rfind('\n') + 1);
  };
  const std::string bytes = answer(R"({"id":8})");
  (void)exam.read(bytes);
  EXPECT_EQ(said(bytes), "(id is 8, not 7)");
  (void)exam.read_in_pieces(bytes);
  EXPECT_EQ(said("}"), "(id is 8, not 7)");
  exam.judge.begin(exam.so_far);
  (void)exam.judge.read(exam.so_far, bytes.substr(0, bytes.size() - 8));
  (void)exam.judge.read(exam.so_far, bytes.substr(bytes.size() - 8));
  EXPECT_EQ(said(bytes.substr(bytes.size() - 8)), "(id is 8, not 7)") << "the body came by itself";
  const std::string empty = answer("");
  (void)exam.read(empty);
  EXPECT_EQ(said(empty), "(its body is empty, and no JSON)");
  const std::string longer = answer(R"({"id":7,"at":1234567})");
  (void)exam.read(longer);
  EXPECT_EQ(said(longer), "(its body has 21 bytes, not 0..20)");
  (void)exam.read_in_pieces(answer(R"({"id":7,   "b":1})"));
  EXPECT_THAT(said("}"), testing::HasSubstr("10 bytes are kept, and 17 came"));
}

TEST(Judge, StatusComesBeforeBody) {
  Exam exam{.plan = {.expect = {.status = 404}, .expected_body = "yes"}};
  EXPECT_EQ(exam.read(answer("yes")).failure, Failure::wrong_status);
  EXPECT_EQ(exam.read(answer("nay", "404 Not Found")).failure, Failure::wrong_body);
  EXPECT_FALSE(exam.read(answer("yes", "404 Not Found")).failure);
}

TEST(Judge, HeadHasNoBodyToCheck) {
  const SaysYes check;
  Plan plan;
  plan.request.method = "HEAD";
  plan.check = &check;
  Exam exam{.plan = plan};
  EXPECT_FALSE(exam.read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n").failure);
  EXPECT_EQ(check.asked, 0);
}

TEST(Judge, MalformedEndsAtOnce) {
  Exam exam;
  const Judgement judgement = exam.read("SSH-2.0");
  EXPECT_TRUE(judgement.ended);
  EXPECT_EQ(judgement.failure, Failure::malformed);
  EXPECT_FALSE(judgement.reusable);
  EXPECT_EQ(exam.judge.describe(exam.so_far, Failure::malformed, "SSH-2.0\x1b[2J"),
            "byte 1: expected \"HTTP/1.\" at the start of the answer, found S, in: "
            "SSH-2.0\\x1b[2J");
}

TEST(Judge, MalformedShowsTheByteHoweverTheAnswerCame) {
  Exam exam;
  const std::string bytes = "HTTP/1.1 200 OK\nA: b\rc";
  const std::string said =
      "byte 22: expected \\n after \\r, found c, in: HTTP/1.1 200 OK\\nA: b\\rc";
  (void)exam.read(bytes);
  EXPECT_EQ(exam.judge.describe(exam.so_far, Failure::malformed, bytes), said);
  (void)exam.read_in_pieces(bytes);
  EXPECT_EQ(exam.judge.describe(exam.so_far, Failure::malformed, "c"), said);
  const std::string far = "HTTP/1.1 200 OK\r\nA: " + std::string(5000, 'b') + "\x01" + "d";
  (void)exam.read(far);
  EXPECT_EQ(exam.judge.describe(exam.so_far, Failure::malformed, far),
            "byte 5021: expected a printable byte or the end of the line, found \\x01, in: …" +
                std::string(60, 'b') + "\\x01d");
}

TEST(Judge, ShowsStatusLineHeadersAndFirstBytesHoweverTheAnswerCame) {
  Exam exam;
  const std::string bytes = answer("none", "404 Not Found");
  const std::string shown = "HTTP/1.1 404 Not Found\nContent-Length: 4\n\nnone";
  (void)exam.read(bytes);
  EXPECT_EQ(exam.judge.describe(exam.so_far, Failure::wrong_status, bytes), shown);
  (void)exam.read_in_pieces(bytes);
  EXPECT_EQ(exam.judge.describe(exam.so_far, Failure::wrong_status, bytes.substr(bytes.size() - 1)),
            shown);
  exam.judge.begin(exam.so_far);
  const std::string head = "HTTP/1.1 404 Not Found\r\nContent-Length: 70000\r\n\r\n";
  (void)exam.judge.read(exam.so_far, head);
  (void)exam.judge.read(exam.so_far, std::string(65536, 'x'));
  EXPECT_THAT(exam.judge.describe(exam.so_far, Failure::wrong_status, std::string(4464, 'x')),
              testing::AllOf(testing::StartsWith("HTTP/1.1 404 Not Found\nContent-Length: 70000"),
                             testing::EndsWith("xx…")));
}

TEST(Judge, CloseEndsOnlyWhatHasNoOtherEnd) {
  Exam exam;
  (void)exam.read("HTTP/1.1 200 OK\r\n\r\nsome");
  EXPECT_FALSE(exam.judge.at_close(exam.so_far).failure);
  (void)exam.read("HTTP/1.1 200 OK\r\n");
  EXPECT_EQ(exam.judge.at_close(exam.so_far).failure, Failure::closed_early);
  (void)exam.read("HTTP/1.1 200 OK\r\n\r\nsome");
  EXPECT_EQ(exam.judge.at_close(exam.so_far, truncated).failure, Failure::closed_early);
  EXPECT_EQ(exam.judge.at_close(exam.so_far, ECONNRESET).failure, Failure::reset);
  (void)exam.read("HTTP/1.1 500 Oh\r\n\r\nsome");
  EXPECT_EQ(exam.judge.at_close(exam.so_far).failure, Failure::wrong_status);
}

}  // namespace
}  // namespace unrig::load
