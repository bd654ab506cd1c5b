#include "http/expect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::http {
namespace {

using ::testing::HasSubstr;

Member member(std::string_view text) {
  auto read = parse_member(text);
  EXPECT_TRUE(read) << text;
  return read ? *read : Member{};
}

/// The refusal of the body where those members are expected; "" for none. Both ways of asking say
/// the same.
std::string refusal(std::string_view body, const std::vector<std::string>& members) {
  Expectation expect;
  for (const auto& text : members) expect.members.push_back(member(text));
  const std::string why = expect.refusal(body);
  EXPECT_EQ(expect.right(body), why.empty()) << body;
  return why;
}

TEST(Expectation, MembersAreFoundByTheirNames) {
  constexpr std::string_view body =
      R"({"at": "2026-11-28", "user": {"id": 7, "name": "Ann", "roles": ["a", {"b": true}]},)"
      R"( "none": null, "list": [[1, 2], [3]]})";
  for (const char* right :
       {"user.id=7", "user.id=7.0", "user.id=70e-1", "user.name=Ann", "user.name=\"Ann\"",
        "user.roles.0=a", "user.roles.1.b=true", "none=null", "list.1.0=3", "list.0.1=2"}) {
    EXPECT_EQ(refusal(body, {right}), "") << right;
  }
  EXPECT_EQ(refusal(body, {"user.id=7", "user.name=Ann", "list.0.0=1", "user.id=7"}), "");
}

TEST(Expectation, SaysWhyABodyIsRefused) {
  const auto why = [](std::string_view body, std::string_view expected) {
    return refusal(body, {std::string(expected)});
  };
  constexpr std::string_view body = R"({"user": {"id": 8, "name": "B\u00fcb"}, "list": [1, [2]]})";
  EXPECT_EQ(why(body, "user.id=7"), "user.id is 8, not 7");
  EXPECT_EQ(why(body, "user.id=\"8\""), "user.id is 8, not \"8\"");
  EXPECT_EQ(why(body, "user.name=Ann"), "user.name is \"B\u00fcb\", not \"Ann\"");
  EXPECT_EQ(why(body, "user=7"), "user is an object, not 7");
  EXPECT_EQ(why(body, "list.1=2"), "list.1 is a list, not 2");
  EXPECT_EQ(why(body, "list.2=2"), "there is no list.2");
  EXPECT_EQ(why(body, "list.01=2"), "there is no list.01");
  EXPECT_EQ(why(body, "list.name=2"), "there is no list.name");
  EXPECT_EQ(why(body, "id=8"), "there is no id");
  EXPECT_EQ(why(body, "user.id.x=8"), "there is no user.id.x");
  EXPECT_EQ(why("[true, null]", "0=false"), "0 is true, not false");
  EXPECT_EQ(why("[true, null]", "1=0"), "1 is null, not 0");
  EXPECT_EQ(why("7", "a=7"), "there is no a");
  EXPECT_EQ(why("", "a=7"), "its body is empty, and no JSON");
  EXPECT_EQ(why("<html>", "a=7"), "its body is no JSON: byte 1: expected a value, found <");
  EXPECT_EQ(why(R"({"a":7)", "a=7"),
            "its body is no JSON: byte 7: expected a comma or }, found nothing");
}

TEST(Expectation, WhatComesAfterAMemberCounts) {
  EXPECT_THAT(refusal(R"({"a":7} trailing)", {"a=7"}), HasSubstr("expected the end"));
  EXPECT_EQ(refusal(R"({"a":7,"a":8})", {"a=7"}), "a is 8, not 7");
  EXPECT_EQ(refusal(R"({"a":{"b":1},"a":{"c":2}})", {"a.b=1", "a.c=2"}), "");
  EXPECT_EQ(refusal(R"({"\u0061":7})", {"a=7"}), "") << "a name may be escaped";
}

TEST(Expectation, NumbersAreComparedInAllTheirDigits) {
  EXPECT_EQ(refusal(R"({"a":9007199254740993})", {"a=9007199254740993"}), "");
  EXPECT_NE(refusal(R"({"a":9007199254740993})", {"a=9007199254740992"}), "");
  EXPECT_NE(refusal(R"({"a":18446744073709551617})", {"a=1"}), "");
  EXPECT_EQ(refusal(R"({"a":1e999})", {"a=1e999"}), "");
  EXPECT_NE(refusal(R"({"a":1e999})", {"a=2e999"}), "") << "neither is a number that can be held";
  EXPECT_EQ(refusal(R"({"a":0.5})", {"a=5e-1"}), "");
}

TEST(Expectation, HostileBodiesAreRefusedInOneLine) {
  const std::string deep(1'000'000, '[');
  EXPECT_THAT(refusal(deep, {"a=7"}), HasSubstr("levels"));
  EXPECT_THAT(refusal("{\"a\":" + std::string(100'000, '9') + "}", {"a=7"}), HasSubstr("999…"));
  EXPECT_THAT(refusal("{\"a\":\"\x1b[2J\"}", {"a=7"}), HasSubstr("found \\x1b"));
  EXPECT_THAT(refusal("{\"a\":\"\\u001b[2J\"}", {"a=7"}), HasSubstr("a is \"\\u001b[2J\""));
  EXPECT_THAT(refusal("{\"a\":\"\xff\"}", {"a=7"}), HasSubstr("expected UTF-8, found \\xff"));
  EXPECT_THAT(refusal(std::string("{\"a\":7\0}", 8), {"a=7"}), HasSubstr("found \\x00"));
  std::string nested;
  for (int i = 0; i < 500; ++i) nested += "{\"a\":";
  EXPECT_EQ(refusal(nested + "7" + std::string(500, '}'), {"a=7"}), "a is an object, not 7");
  EXPECT_EQ(refusal(nested + "7" + std::string(500, '}'), {"a.a.a.b=7"}), "there is no a.a.a.b");
}

TEST(Expectation, SixtyFourMembersAtOnce) {
  Expectation expect;
  std::string body = "{";
  for (std::size_t i = 0; i < most_members; ++i) {
    expect.members.push_back(member("m" + std::to_string(i) + "=" + std::to_string(i)));
    body += (i > 0 ? ",\"m" : "\"m") + std::to_string(i) + "\":" + std::to_string(i);
  }
  EXPECT_TRUE(expect.right(body + "}"));
  body.replace(body.rfind(":63"), 3, ":64");
  EXPECT_EQ(expect.refusal(body + "}"), "m63 is 64, not 63");
}

TEST(Expectation, DeepestMemberIsReached) {
  std::string path = "a", open = "{\"a\":", close = "}";
  for (std::size_t i = 1; i < deepest_member; ++i) {
    path += ".a";
    open += "{\"a\":";
    close += "}";
  }
  EXPECT_EQ(refusal(open + "1" + close, {path + "=1"}), "");
  EXPECT_EQ(refusal(open + "[1]" + close, {path + "=1"}), path + " is a list, not 1");
  EXPECT_FALSE(parse_member(path + ".a=1"));
}

TEST(Expectation, LengthHasBothEnds) {
  const Expectation expect{.length = LengthRange{3, 5}};
  EXPECT_TRUE(expect.of_body());
  EXPECT_FALSE(expect.right("12"));
  EXPECT_TRUE(expect.right("123"));
  EXPECT_TRUE(expect.right("12345"));
  EXPECT_FALSE(expect.right("123456"));
  EXPECT_EQ(expect.refusal("12"), "its body has 2 bytes, not 3..5");
  EXPECT_EQ(expect.refusal_of_length(7), "its body has 7 bytes, not 3..5");
  EXPECT_EQ(expect.refusal_of_length(4), "");
  EXPECT_EQ(Expectation{}.refusal("anything"), "");
  EXPECT_FALSE(Expectation{}.of_body());
}

TEST(Expectation, LengthAsItIsWritten) {
  EXPECT_EQ(parse_length("100..200"), (LengthRange{100, 200}));
  EXPECT_EQ(parse_length("150"), (LengthRange{150, 150}));
  EXPECT_EQ(parse_length("0"), (LengthRange{0, 0}));
  EXPECT_EQ(to_text(LengthRange{100, 200}), "100..200");
  EXPECT_EQ(to_text(LengthRange{150, 150}), "150");
  for (const char* wrong : {"", "..", "5..", "..5", "a", "-1", "5..4", "1...2", "1..2..3", "1 KiB",
                            "99999999999999999999"}) {
    const auto read = parse_length(wrong);
    ASSERT_FALSE(read) << wrong;
    EXPECT_EQ(read.error().kind, ErrorKind::usage);
    EXPECT_THAT(read.error().help, HasSubstr("..")) << wrong;
  }
}

TEST(Expectation, MemberAsItIsWritten) {
  EXPECT_EQ(member("user.id=7"), (Member{{"user", "id"}, Number{"7"}}));
  EXPECT_EQ(member("a=true"), (Member{{"a"}, true}));
  EXPECT_EQ(member("a=null"), (Member{{"a"}, nullptr}));
  EXPECT_EQ(member("a="), (Member{{"a"}, std::string()}));
  EXPECT_EQ(member("a=b=c"), (Member{{"a"}, std::string("b=c")}));
  EXPECT_EQ(member("a=7 days"), (Member{{"a"}, std::string("7 days")}));
  EXPECT_EQ(member("a=\"7\""), (Member{{"a"}, std::string("7")}));
  EXPECT_EQ(member("a=\"\\u0041\""), (Member{{"a"}, std::string("A")}));
  for (const char* wrong :
       {"", "a", "=7", ".a=7", "a..b=7", "a.=7", "a={}", "a=[1]", "a=\"b", "a=\"b\"c"}) {
    const auto read = parse_member(wrong);
    ASSERT_FALSE(read) << wrong;
    EXPECT_EQ(read.error().kind, ErrorKind::usage);
    EXPECT_FALSE(read.error().help.empty()) << wrong;
  }
}

TEST(Expectation, WhatStaysTheSameInTwoBodiesIsFound) {
  const auto common = [](std::string_view one, std::string_view other, std::size_t most = 9) {
    std::string text;
    for (const Member& each : members_in_common(one, other, most)) text += to_text(each) + " ";
    return text;
  };
  constexpr std::string_view one =
      R"({"at": 1, "user": {"id": 7, "tags": ["a", "b", ["c"]]}, "ok": true, "none": null})";
  constexpr std::string_view other =
      R"({"at": 2, "none": null, "user": {"tags": ["a", "x", ["c"]], "id": 7}, "ok": false})";
  EXPECT_EQ(common(one, other), "user.id=7 user.tags.0=\"a\" user.tags.2.0=\"c\" none=null ");
  EXPECT_EQ(common(one, other, 1), "user.id=7 ");
  EXPECT_EQ(common(one, one, 2), "at=1 user.id=7 ");
  EXPECT_EQ(common(one, "no JSON"), "");
  EXPECT_EQ(common("no JSON", one), "");
  EXPECT_EQ(common("7", "7"), "");
  EXPECT_EQ(common(R"({"a.b": 1, "": 1, "a=b": 1})", R"({"a.b": 1, "": 1, "a=b": 1})"), "");
  const std::string lengthy = R"({"a": ")" + std::string(41, 'x') + R"("})";
  EXPECT_EQ(common(lengthy, lengthy), "");
  const std::string deep(500, '['), ends(500, ']');
  EXPECT_EQ(common(deep + ends, deep + ends), "");
  EXPECT_EQ(common(deep + "1" + ends, deep + "1" + ends), "");
}

TEST(Expectation, IsPrintedAsItIsWritten) {
  const Expectation expect{.status = 201,
                           .length = LengthRange{1, 9},
                           .members = {member("user.id=7"), member("a=b\"\\"), member("c=null")}};
  EXPECT_EQ(to_text(expect), R"(status 201, 1..9 bytes, user.id=7, a="b\"\\", c=null)");
  for (const Member& each : expect.members) EXPECT_EQ(member(to_text(each)), each);
}

}  // namespace
}  // namespace unrig::http
