#include "http/request.h"

#include <gtest/gtest.h>

#include "http/text.h"

namespace unrig::http {
namespace {

TEST(Request, GetIsTheBytesOnTheWire) {
  EXPECT_EQ(to_bytes({.path = "/test?a=1"}, "127.0.0.1:8080", true),
            "GET /test?a=1 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n");
}

TEST(Request, NewConnectionPerRequestSaysClose) {
  EXPECT_EQ(to_bytes({}, "h", false), "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
}

TEST(Request, BodyHasItsLengthAndHeadersTheirOrder) {
  const Request request{
      .method = "POST", .path = "/", .headers = {{"B", "2"}, {"A", "1"}}, .body = "xyz"};
  EXPECT_EQ(to_bytes(request, "h", true),
            "POST / HTTP/1.1\r\nHost: h\r\nB: 2\r\nA: 1\r\nContent-Length: 3\r\n\r\nxyz");
}

TEST(Request, EmptyPostSaysLengthZero) {
  EXPECT_EQ(to_bytes({.method = "POST"}, "h", true),
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
}

TEST(Request, OwnHostReplacesTheAddress) {
  EXPECT_EQ(to_bytes({.headers = {{"HOST", "other"}}}, "h", true),
            "GET / HTTP/1.1\r\nHOST: other\r\n\r\n");
}

TEST(Request, RefusesWhatWouldArriveDifferently) {
  EXPECT_FALSE(to_bytes({.method = "GET /x"}, "h", true));
  EXPECT_FALSE(to_bytes({.method = ""}, "h", true));
  EXPECT_FALSE(to_bytes({.path = "/a b"}, "h", true));
  EXPECT_FALSE(to_bytes({.path = ""}, "h", true));
  EXPECT_FALSE(to_bytes({.path = "/\r\nX: y"}, "h", true));
  EXPECT_FALSE(to_bytes({.headers = {{"A B", "1"}}}, "h", true));
  EXPECT_FALSE(to_bytes({.headers = {{"A", "1\r\nB: 2"}}}, "h", true));
  EXPECT_FALSE(to_bytes({.headers = {{"content-length", "1"}}}, "h", true));
  EXPECT_FALSE(to_bytes({.headers = {{"Connection", "close"}}}, "h", true));
  const auto refused = to_bytes({.headers = {{"Transfer-Encoding", "chunked"}}}, "h", true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
}

TEST(Request, IdempotentOnesMayBeRepeated) {
  for (const char* method : {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"}) {
    EXPECT_TRUE(may_be_repeated(method)) << method;
  }
  for (const char* method : {"POST", "PATCH", "get", "OTHER", ""}) {
    EXPECT_FALSE(may_be_repeated(method)) << method;
  }
}

TEST(Text, WordsAreTheSameInEitherCase) {
  EXPECT_TRUE(same_word("AZaz09-", "azAZ09-"));
  EXPECT_FALSE(same_word("a", "ab"));
  EXPECT_FALSE(same_word("@", "`")) << "as far apart as A and a, but no letters";
  EXPECT_FALSE(same_word("[", "{"));
}

TEST(Request, TunnelIsNoMeasurement) {
  const auto refused = to_bytes({.method = "CONNECT"}, "h", true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  EXPECT_NE(refused.error().what.find("tunnel"), std::string::npos);
  EXPECT_TRUE(to_bytes({.method = "connect"}, "h", true));  // methods have their case
}

}  // namespace
}  // namespace unrig::http
