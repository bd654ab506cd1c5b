#include "audit/http_points.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/testing_points.h"
#include "chain/row.h"

namespace unrig::audit {
namespace {

using namespace std::chrono_literals;
using record::Point;
using record::PointOutcome;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const chain::RowRule rule = chain::RowRule::known();

std::string body_of(std::uint32_t a) {
  return fmt::format(R"({{"a": "{:010}", "b": "{}"}})", a, chain::row_b(a, rule));
}
/// A right answer with these fields.
RawAnswer answer(std::uint32_t a = 123, const std::string& fields =
                                            "Content-Type: application/json\r\n"
                                            "Content-Length: 48\r\nServer: x\r\n") {
  RawAnswer made;
  made.status = 200;
  made.head = "HTTP/1.1 200 OK\r\n" + fields + "\r\n";
  made.body = body_of(a);
  made.says_it_keeps = true;
  return made;
}
RawAnswer with_status(int status) {
  auto made = answer();
  made.status = status;
  made.head.replace(9, 3, std::to_string(status));
  return made;
}
RawAnswer none(ConnectionEnd end, std::string head = {}) {
  RawAnswer made;
  made.head = std::move(head);
  made.failure = "it did not come";
  made.end = end;
  return made;
}
std::vector<RawAnswer> rows(std::initializer_list<std::uint32_t> numbers) {
  std::vector<RawAnswer> answers;
  for (const auto number : numbers) answers.push_back(answer(number));
  return answers;
}

TEST(Body, IsHeldAgainstTheRowByteByByte) {
  EXPECT_EQ(first_wrong_byte(body_of(0), rule), std::nullopt);
  EXPECT_EQ(first_wrong_byte(body_of(999'999), rule), std::nullopt);
  EXPECT_EQ(first_wrong_byte("", rule), 0U);
  EXPECT_EQ(first_wrong_byte(body_of(1) + "\n", rule), 48U);
  EXPECT_EQ(first_wrong_byte(body_of(1).substr(0, 47), rule), 47U);
  auto tab = body_of(1);
  tab[5] = '\t';
  EXPECT_EQ(first_wrong_byte(tab, rule), 5U);
  auto other_row = body_of(1);
  other_row.replace(26, 20, chain::row_b(2, rule));
  EXPECT_EQ(first_wrong_byte(other_row, rule), 26U) << "both begin with other digits";
  auto last_digit = body_of(1);
  last_digit[45] = last_digit[45] == '0' ? '1' : '0';
  EXPECT_EQ(first_wrong_byte(last_digit, rule), 45U);
  EXPECT_EQ(first_wrong_byte(R"({"a": "0001000000", "b": "00000000000000000000"})", rule), 7U)
      << "there is no such row";
  const auto own = chain::RowRule::of_secret(std::string(2 * chain::row_secret_bytes, '1')).value();
  EXPECT_GE(first_wrong_byte(body_of(1), own), chain::b_at) << "made up";
}

TEST(Answers, ThatAreRightHold) {
  const auto answers = rows({1, 2, 3, 4, 5});
  for (const auto& point : {status_point(answers), body_point(answers, rule), type_point(answers),
                            length_point(answers), headers_point(answers), row_point(answers)}) {
    EXPECT_TRUE(holds(point)) << point.point << ": " << point.observed;
  }
  EXPECT_EQ(body_point(answers, rule).observed, "right in 5 of 5 answers");
}

TEST(Answers, ThatWereNotAskedForAreOpen) {
  for (const auto& point :
       {status_point({}), body_point({}, rule), type_point({}), length_point({}), headers_point({}),
        row_point({}), elsewhere_point({}), cuts_point("GET", {}, rule), pipelined_point({}, rule),
        kept_point({}, rule), last_one_point({}, rule), to_head_point({}), apart_point({}, {}),
        at_once_point({}, rule)}) {
    EXPECT_TRUE(is_open(point)) << point.point;
  }
}

TEST(Answers, OneWrongAmongManyIsNamed) {
  auto answers = rows({1, 2, 3});
  answers[1].body.back() = ']';
  const auto body = body_point(answers, rule);
  EXPECT_TRUE(fails(body));
  EXPECT_EQ(body.where, "answer 2 of 3");
  EXPECT_THAT(body.observed, HasSubstr("differ at byte 47"));
  answers[1] = with_status(503);
  EXPECT_TRUE(fails(status_point(answers)));
  EXPECT_EQ(status_point(answers).observed, "HTTP/1.1 503 OK");
  answers[1] = none(ConnectionEnd::closed);
  EXPECT_EQ(status_point(answers).observed, "it did not come");
  EXPECT_TRUE(holds(body_point(answers, rule))) << "that nothing came is another point's matter";
}

TEST(ContentType, IsWhatItIsAndNothingBehindIt) {
  const auto of = [](const std::string& fields) {
    return type_point(std::vector{answer(1, fields)});
  };
  EXPECT_TRUE(holds(of("content-type:application/json\r\n")));
  const auto charset = of("Content-Type: application/json; charset=utf-8\r\n");
  EXPECT_TRUE(fails(charset));
  EXPECT_EQ(charset.observed, "application/json; charset=utf-8");
  EXPECT_EQ(of("Server: x\r\n").observed, "none");
  EXPECT_TRUE(fails(of("Content-Type: application/json\r\nContent-Type: application/json\r\n")));
}

TEST(ContentLength, IsThereOnceAndNoChunks) {
  const auto of = [](const std::string& fields) {
    return length_point(std::vector{answer(1, fields)});
  };
  EXPECT_TRUE(holds(of("content-length: 48\r\n")));
  EXPECT_EQ(of("Server: x\r\n").observed, "no Content-Length");
  EXPECT_EQ(of("Transfer-Encoding: chunked\r\n").observed, "Transfer-Encoding: chunked");
  EXPECT_EQ(of("Content-Length: 048\r\n").observed, "Content-Length: 048");
  EXPECT_TRUE(fails(of("Content-Length: 48\r\nContent-Length: 48\r\n")));
}

TEST(Headers, AreThoseThatServersSendByThemselves) {
  const auto of = [](const std::string& fields) {
    return headers_point(std::vector{answer(1, fields)});
  };
  EXPECT_TRUE(
      holds(of("server: x\r\nDate: now\r\nconnection: keep-alive\r\nKeep-Alive: 5\r\n"
               "content-type: application/json\r\nContent-Length: 48\r\n")));
  const auto extra = of("Server: x\r\nX-Frame-Options: DENY\r\nETag: \"1\"\r\n");
  EXPECT_TRUE(fails(extra));
  EXPECT_EQ(extra.observed, "X-Frame-Options: DENY, ETag: \"1\"");
  EXPECT_EQ(of("Server: x\r\nserver: y\r\n").observed, "Server twice");
  const std::string start = "HTTP/1.1 200 OK\r\n";
  const auto long_name = "Server: " + std::string(most_head_bytes - start.size() - 12, 'x');
  EXPECT_TRUE(holds(of(long_name + "\r\n")));
  EXPECT_THAT(of(long_name + "x\r\n").observed, HasSubstr("a head of 257 bytes"));
}

TEST(Rows, AreDrawnForEachRequest) {
  EXPECT_TRUE(holds(row_point(rows({1, 2, 3, 3}))));
  EXPECT_TRUE(fails(row_point(rows({1, 1, 2, 2}))));
  EXPECT_TRUE(fails(row_point(rows({7, 7, 7, 7, 7, 7}))));
  EXPECT_EQ(row_point(rows({7, 7, 7, 7})).where,
            "{\"a\": \"0000000007\", \"b\": \"" + chain::row_b(7, rule) + "\"}");
  EXPECT_TRUE(is_open(row_point(rows({7, 7, 7}))));
}

TEST(Elsewhere, IsNotFound) {
  std::vector<Elsewhere> asked{{"/", with_status(404)}, {"/nothing", with_status(404)}};
  EXPECT_TRUE(holds(elsewhere_point(asked)));
  asked[1].answer = answer();
  EXPECT_TRUE(fails(elsewhere_point(asked)));
  EXPECT_EQ(elsewhere_point(asked).where, "GET /nothing");
}

TEST(Cuts, HoldWhereEachIsAnswered) {
  constexpr std::string_view request = "GET /test HTTP/1.1\r\nHost: x\r\n\r\n";
  std::vector<Cut> cuts{{.after = 0, .answer = answer(1)}, {.after = 1, .answer = answer(2)}};
  EXPECT_TRUE(holds(cuts_point(request, cuts, rule)));
  cuts.push_back({.after = 18, .answer = with_status(400)});
  const auto point = cuts_point(request, cuts, rule);
  EXPECT_TRUE(fails(point));
  EXPECT_EQ(point.observed, "status 400");
  EXPECT_EQ(point.where,
            "cut after byte 18: \"GET /test HTTP/1.1\" and then \"\\r\\nHost: x\\r\\n\\r...\"");
  cuts.back() = {.after = 0, .early = true, .answer = answer(3)};
  EXPECT_THAT(cuts_point(request, cuts, rule).observed, HasSubstr("before the request had come"));
  EXPECT_THAT(cuts_point(request, cuts, rule).where, HasSubstr("byte by byte"));
  cuts.back() = {.after = 2, .early = true, .answer = none(ConnectionEnd::closed)};
  EXPECT_EQ(cuts_point(request, cuts, rule).observed, "it did not come");
}

TEST(Pipelined, AreAnsweredOrTheConnectionIsClosed) {
  EXPECT_TRUE(holds(pipelined_point(Pipelined{.asked = 3, .answers = rows({1, 2, 3})}, rule)));
  Pipelined first_only{.asked = 3, .answers = rows({1}), .unfinished = none(ConnectionEnd::reset)};
  EXPECT_TRUE(holds(pipelined_point(first_only, rule)));
  EXPECT_EQ(pipelined_point(first_only, rule).observed,
            "1 of 3 answered, and the connection is closed");
  first_only.unfinished.end = ConnectionEnd::open;
  EXPECT_TRUE(fails(pipelined_point(first_only, rule)));
  EXPECT_EQ(pipelined_point(first_only, rule).where, "answer 2 of 3");
  first_only.unfinished = none(ConnectionEnd::closed, "HTTP/1.1 2");
  EXPECT_TRUE(fails(pipelined_point(first_only, rule))) << "it was cut";
  EXPECT_TRUE(fails(
      pipelined_point(Pipelined{.asked = 3, .unfinished = none(ConnectionEnd::closed)}, rule)));
  Pipelined wrong{.asked = 2, .answers = {answer(1), with_status(400)}};
  EXPECT_TRUE(fails(pipelined_point(wrong, rule)));
}

TEST(Kept, ConnectionIsWhatTheHeadSays) {
  EXPECT_TRUE(holds(kept_point(Kept{.first = answer(1), .second = answer(2)}, rule)));
  Kept silent{.first = answer(1), .second = none(ConnectionEnd::closed)};
  EXPECT_TRUE(fails(kept_point(silent, rule)));
  EXPECT_THAT(kept_point(silent, rule).where, HasSubstr("HTTP/1.1 200 OK\\r\\n"));
  Kept closing{.first = answer(1), .end = ConnectionEnd::closed};
  closing.first.says_it_keeps = false;
  EXPECT_TRUE(holds(kept_point(closing, rule)));
  closing.end = ConnectionEnd::open;
  EXPECT_TRUE(fails(kept_point(closing, rule)));
  EXPECT_TRUE(fails(kept_point(Kept{.first = answer(1), .second = with_status(500)}, rule)));
  EXPECT_TRUE(
      fails(kept_point(Kept{.first = answer(1), .second = none(ConnectionEnd::open)}, rule)));
  EXPECT_TRUE(fails(kept_point(Kept{.first = none(ConnectionEnd::open)}, rule)));
}

TEST(LastOne, IsAnsweredAndThenClosed) {
  EXPECT_TRUE(
      holds(last_one_point(LastOne{.answer = answer(), .end = ConnectionEnd::closed}, rule)));
  EXPECT_TRUE(fails(last_one_point(LastOne{.answer = answer(), .end = ConnectionEnd::open}, rule)));
  EXPECT_TRUE(fails(last_one_point(
      LastOne{.answer = none(ConnectionEnd::closed), .end = ConnectionEnd::closed}, rule)));
}

TEST(ToHead, HasNoBodyWhateverItsStatus) {
  auto head = answer();
  head.body.clear();
  EXPECT_TRUE(holds(to_head_point(ToHead{.answer = head})));
  EXPECT_EQ(to_head_point(ToHead{.answer = head}).observed, "200, Content-Length 48");
  EXPECT_TRUE(holds(to_head_point(ToHead{.answer = with_status(405)})));
  EXPECT_TRUE(fails(to_head_point(ToHead{.answer = with_status(500)})));
  const auto body = to_head_point(ToHead{.answer = head, .surplus = body_of(1)});
  EXPECT_TRUE(fails(body));
  EXPECT_THAT(body.observed, HasSubstr("48 bytes behind the head"));
  EXPECT_TRUE(fails(to_head_point(ToHead{.answer = none(ConnectionEnd::open)})));
}

/// An answer whose pieces came so long after one another.
RawAnswer in_pieces(Duration apart) {
  auto made = answer();
  const Instant begin{std::chrono::hours(1)};
  made.arrivals = {{.upto = made.head.size(), .when = begin},
                   {.upto = made.head.size() + made.body.size(), .when = begin + apart}};
  return made;
}
RawAnswer in_one_piece() {
  auto made = answer();
  made.arrivals = {{.upto = made.head.size() + made.body.size(), .when = Instant{}}};
  return made;
}

TEST(Apart, IsTheMiddleOneOfThoseThatCameApart) {
  const std::vector mixed{in_one_piece(), in_pieces(40ms), in_pieces(1ms), in_pieces(41ms)};
  EXPECT_EQ(head_to_body(mixed), 40ms);
  EXPECT_EQ(head_to_body(std::vector(4, in_one_piece())), std::nullopt);
  std::vector rare(8, in_one_piece());
  rare[0] = in_pieces(40ms);
  EXPECT_EQ(head_to_body(rare), std::nullopt) << "one in eight is no habit";
  EXPECT_EQ(head_to_body({}), std::nullopt);
}

TEST(Apart, IsNamedWhereItIsThePlateau) {
  const std::vector plain(3, in_pieces(50us));
  const auto together = apart_point(std::vector(3, in_one_piece()), {});
  EXPECT_EQ(together.outcome, PointOutcome::recorded);
  EXPECT_EQ(together.help, "");
  const auto quick = apart_point(plain, std::vector(3, in_pieces(19ms)));
  EXPECT_EQ(quick.observed, "head and body come apart, 19.0 ms from each other");
  EXPECT_EQ(quick.help, "");
  const auto slow = apart_point(plain, std::vector(3, in_pieces(20ms)));
  EXPECT_EQ(slow.outcome, PointOutcome::recorded) << "slow, and no lie";
  EXPECT_THAT(slow.observed, HasSubstr("plateau of delayed acknowledgements"));
  EXPECT_THAT(slow.help, HasSubstr("TCP_NODELAY"));
}

TEST(AtOnce, EachHasToBeRight) {
  const auto reply = [](int status, std::string body) {
    chain::Reply made;
    made.status = status;
    made.body = std::move(body);
    return made;
  };
  std::vector replies{reply(200, body_of(1)), reply(200, body_of(2))};
  EXPECT_TRUE(holds(at_once_point(replies, rule)));
  replies.push_back(reply(500, body_of(3)));
  EXPECT_TRUE(fails(at_once_point(replies, rule)));
  replies.back() = reply(200, "");
  EXPECT_TRUE(fails(at_once_point(replies, rule)));
  replies.back().failure = "no complete answer in time";
  EXPECT_EQ(at_once_point(replies, rule).observed, "no complete answer in time");
}

TEST(NamedRow, IsThatOfItsOwnRequest) {
  std::vector<chain::Reply> replies(3);
  for (std::uint32_t key = 1; auto& reply : replies) {
    reply.status = 200;
    reply.body = body_of(key);
    reply.key = key++;
  }
  EXPECT_TRUE(holds(named_row_point(replies, rule)));
  replies[2].body = replies[1].body;
  const auto other = named_row_point(replies, rule);
  EXPECT_TRUE(fails(other));
  EXPECT_EQ(other.where, "answer 3 of 3");
  EXPECT_THAT(other.observed, HasSubstr("where /test?a=0000000003 was asked for"));
  replies[2].status = 400;
  EXPECT_EQ(named_row_point(replies, rule).observed, "status 400");
  EXPECT_TRUE(is_open(named_row_point({}, rule)));
}

TEST(Judge, AddsAPointForEachRowAndTheFigures) {
  HttpSeen seen{.request = "GET", .plain = rows({1, 2, 3, 4})};
  record::CheckedStack stack;
  judge(seen, rule, stack);
  EXPECT_THAT(stack.points, SizeIs(13));
  EXPECT_EQ(*stack.figures.head_bytes, seen.plain[0].head.size());
  EXPECT_EQ(stack.figures.head_to_body_us.why(), "the server keeps no connection");
  seen.in_turn = {in_pieces(40ms), in_pieces(40ms)};
  record::CheckedStack again;
  judge(seen, rule, again);
  EXPECT_EQ(*again.figures.head_to_body_us, 40'000);
}

}  // namespace
}  // namespace unrig::audit
