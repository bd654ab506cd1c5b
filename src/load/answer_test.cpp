#include "load/answer.h"

#include <gtest/gtest.h>

namespace unrig::load {
namespace {

/// Right is "yes"; counts how often it is asked.
class SaysYes final : public BodyCheck {
 public:
  [[nodiscard]] bool right(std::string_view body) const override {
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
  Reading reading;

  Judgement read(std::string_view bytes) {
    judge.begin(reading);
    return judge.read(reading, bytes);
  }
  Judgement read_in_pieces(std::string_view bytes) {
    judge.begin(reading);
    Judgement judgement;
    for (std::size_t i = 0; i < bytes.size() && !judgement.ended; ++i) {
      judgement = judge.read(reading, bytes.substr(i, 1));
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
  exam.judge.begin(exam.reading);
  EXPECT_FALSE(
      exam.judge.read(exam.reading, answer(inner).substr(0, answer(inner).size() - inner.size()))
          .ended);
  const Judgement judgement = exam.judge.read(exam.reading, inner);
  EXPECT_TRUE(judgement.ended);
  EXPECT_FALSE(judgement.unasked_bytes);
  EXPECT_EQ(exam.reading.body_size, inner.size());
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
    EXPECT_EQ(exam.reading.pieces, nullptr);
  }
}

TEST(Judge, BodyThatIsTooLongToBeCheckedIsWrong) {
  class Anything final : public BodyCheck {
   public:
    [[nodiscard]] bool right(std::string_view) const override { return true; }
  };
  const Anything check;
  Exam exam{.plan = {.check = &check, .body_limit = 10}};
  EXPECT_FALSE(exam.read_in_pieces(answer("0123456789")).failure);
  EXPECT_EQ(exam.read_in_pieces(answer("0123456789a")).failure, Failure::wrong_body);
  EXPECT_FALSE(exam.read(answer("0123456789a")).failure);  // in one piece it needs no memory
}

TEST(Judge, StatusComesBeforeBody) {
  Exam exam{.plan = {.expected_status = 404, .expected_body = "yes"}};
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
  EXPECT_EQ(exam.judge.describe(exam.reading, "SSH-2.0\x1b[2J"), "SSH-2.0\\x1b[2J");
}

TEST(Judge, CloseEndsOnlyWhatHasNoOtherEnd) {
  Exam exam;
  (void)exam.read("HTTP/1.1 200 OK\r\n\r\nsome");
  EXPECT_FALSE(exam.judge.at_close(exam.reading).failure);
  (void)exam.read("HTTP/1.1 200 OK\r\n");
  EXPECT_EQ(exam.judge.at_close(exam.reading).failure, Failure::closed_early);
  (void)exam.read("HTTP/1.1 500 Oh\r\n\r\nsome");
  EXPECT_EQ(exam.judge.at_close(exam.reading).failure, Failure::wrong_status);
}

}  // namespace
}  // namespace unrig::load
