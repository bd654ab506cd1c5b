#include "http/response_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace unrig::http {
namespace {

/// What became of one response, fed in pieces of at most `piece` bytes.
struct Read {
  enum class End { more, complete, malformed } end = End::more;
  std::size_t consumed = 0;
  std::string body;
  ResponseParser parser;
};

Read read(std::string_view bytes, std::size_t piece = std::string_view::npos, bool head = false) {
  Read result{.body = {}, .parser = ResponseParser(head)};
  while (result.consumed < bytes.size() && result.end == Read::End::more) {
    const Event event = result.parser.next(bytes.substr(result.consumed, piece));
    result.consumed += event.consumed;
    result.body += event.body;
    if (event.kind == Event::Kind::complete) result.end = Read::End::complete;
    if (event.kind == Event::Kind::malformed) result.end = Read::End::malformed;
  }
  return result;
}

/// The same for every size of the pieces.
Read read_all_splits(std::string_view bytes, bool head = false) {
  Read whole = read(bytes, std::string_view::npos, head);
  for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
    const Read split = read(bytes, piece, head);
    EXPECT_EQ(split.end, whole.end) << "in pieces of " << piece;
    EXPECT_EQ(split.consumed, whole.consumed) << "in pieces of " << piece;
    EXPECT_EQ(split.body, whole.body) << "in pieces of " << piece;
  }
  return whole;
}

void expect_complete(std::string_view bytes, std::string_view body, bool head = false) {
  const Read result = read_all_splits(bytes, head);
  EXPECT_EQ(result.end, Read::End::complete) << bytes;
  EXPECT_EQ(result.consumed, bytes.size()) << bytes;
  EXPECT_EQ(result.body, body) << bytes;
}

void expect_malformed(std::string_view bytes) {
  EXPECT_EQ(read_all_splits(bytes).end, Read::End::malformed) << bytes;
}

TEST(ResponseParser, BodyByLength) {
  const Read result =
      read_all_splits("HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH:  5 \r\n\r\nhello");
  EXPECT_EQ(result.end, Read::End::complete);
  EXPECT_EQ(result.body, "hello");
  EXPECT_EQ(result.parser.status(), 200);
  EXPECT_EQ(result.parser.framing(), Framing::length);
  EXPECT_TRUE(result.parser.keeps_alive());
}

TEST(ResponseParser, WhatFollowsIsNotConsumed) {
  const Read result = read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n");
  EXPECT_EQ(result.end, Read::End::complete);
  EXPECT_EQ(result.consumed, 40u);
}

TEST(ResponseParser, EmptyBody) {
  expect_complete("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "");
}

TEST(ResponseParser, EmptyReasonWithAndWithoutBlank) {
  expect_complete("HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\na", "a");
  expect_complete("HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na", "a");
}

TEST(ResponseParser, Chunks) {
  expect_complete(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "3\r\nabc\r\n0a;name=\"value\"\r\n0123456789\r\n0\r\n\r\n",
      "abc0123456789");
}

TEST(ResponseParser, Trailers) {
  expect_complete(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nDigest: x\r\nE:\r\n\r\n",
      "a");
}

TEST(ResponseParser, UntilClose) {
  const Read result = read_all_splits("HTTP/1.1 200 OK\r\n\r\nall that comes");
  EXPECT_EQ(result.end, Read::End::more);
  EXPECT_TRUE(result.parser.complete_at_close());
  EXPECT_FALSE(result.parser.keeps_alive());
  EXPECT_EQ(result.body, "all that comes");
}

TEST(ResponseParser, NotCompleteAtCloseBefore) {
  EXPECT_FALSE(read("").parser.complete_at_close());
  EXPECT_FALSE(read("HTTP/1.1 200 OK\r\nA: b\r\n").parser.complete_at_close());
  EXPECT_FALSE(read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab").parser.complete_at_close());
}

TEST(ResponseParser, InterimResponsesAreSkipped) {
  const Read result = read_all_splits(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\nConnection: "
      "close\r\n\r\n"
      "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_EQ(result.end, Read::End::complete);
  EXPECT_EQ(result.parser.status(), 404);
  EXPECT_EQ(result.body, "x");
  EXPECT_TRUE(result.parser.keeps_alive());
}

TEST(ResponseParser, NoBodyWhateverTheHeadSays) {
  expect_complete("HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", "");
  expect_complete("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", "");
  expect_complete("HTTP/1.1 101 Switching Protocols\r\n\r\n", "");
  expect_complete("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "", true);
  expect_complete("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "", true);
  expect_complete("HTTP/1.1 200 OK\r\n\r\n", "", true);
}

TEST(ResponseParser, KeepsAlive) {
  const auto keeps = [](std::string_view version, std::string_view connection) {
    const std::string bytes = "HTTP/" + std::string(version) +
                              " 200 OK\r\nConnection: " + std::string(connection) +
                              "\r\nContent-Length: 0\r\n\r\n";
    return read(bytes).parser.keeps_alive();
  };
  EXPECT_TRUE(keeps("1.1", "x"));
  EXPECT_FALSE(keeps("1.1", "Close"));
  EXPECT_FALSE(keeps("1.1", "keep-alive ,\tclose\t"));
  EXPECT_TRUE(keeps("1.1", "closed, not close"));
  EXPECT_FALSE(keeps("1.0", "x"));
  EXPECT_TRUE(keeps("1.0", "Keep-Alive"));
  EXPECT_FALSE(keeps("1.0", "keep-alive, close"));
}

TEST(ResponseParser, ChunkedFromVersionOneZeroEndsTheConnection) {
  const Read result = read(
      "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_EQ(result.end, Read::End::complete);
  EXPECT_FALSE(result.parser.keeps_alive());
}

TEST(ResponseParser, AmbiguousLengthsAreMalformed) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  expect_malformed(head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd");
  expect_malformed(head + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc");
  expect_malformed(head + "Content-Length: 3, 3\r\n\r\nabc");
  expect_malformed(head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  expect_malformed(head + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n");
  expect_malformed(head + "Transfer-Encoding: gzip\r\n\r\n");
  expect_malformed(head + "Transfer-Encoding: gzip, chunked\r\n\r\n");
  expect_malformed(head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n");
  expect_malformed(head + "Transfer-Encoding: chunke\r\n\r\n");
  expect_malformed(head + "Transfer-Encoding: chunked chunked\r\n\r\n");
  expect_malformed(head + "Content-Length: \r\n\r\n");
  expect_malformed(head + "Content-Length: -1\r\n\r\n");
  expect_malformed(head + "Content-Length: +1\r\n\r\n");
  expect_malformed(head + "Content-Length: 1 1\r\n\r\n");
  expect_malformed(head + "Content-Length: 0x1\r\n\r\n");
  expect_malformed(head + "Content-Length: 18446744073709551616\r\n\r\n");
  EXPECT_EQ(read(head + "Content-Length: 18446744073709551615\r\n\r\n").parser.remaining(),
            18446744073709551615u);
}

TEST(ResponseParser, BrokenLinesAreMalformed) {
  expect_malformed("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n");
  expect_malformed("HTTP/1.1 200 OK\r\n A: b\r\n\r\n");
  expect_malformed("HTTP/1.1 200 OK\nA: b\n\n");
  expect_malformed("HTTP/1.1 200 OK\r\nA: b\n\r\n");
  expect_malformed("HTTP/1.1 200 OK\r\nA: b\r\n\n");
  expect_malformed("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n");
  expect_malformed("HTTP/1.1 200 OK\r\nA : b\r\n\r\n");
  expect_malformed("HTTP/1.1 200 OK\r\nA\r\n\r\n");
  expect_malformed("HTTP/1.1 200 OK\r\n: b\r\n\r\n");
  expect_malformed("HTTP/1.1 200 OK\r\nA: \x01\r\n\r\n");
  expect_malformed("HTTP/1.1 200 O\x7fK\r\n\r\n");
}

TEST(ResponseParser, BrokenStatusLinesAreMalformedAtTheFirstWrongByte) {
  expect_malformed("SSH-2.0-OpenSSH_9.2");
  expect_malformed("\r\nHTTP/1.1 200 OK\r\n\r\n");
  expect_malformed("http/1.1 200 OK\r\n\r\n");
  expect_malformed("HTTP/2.0 200 OK\r\n\r\n");
  expect_malformed("HTTP/1.2 200 OK\r\n\r\n");
  expect_malformed("HTTP/1.1  200 OK\r\n\r\n");
  expect_malformed("HTTP/1.1 20 OK\r\n\r\n");
  expect_malformed("HTTP/1.1 2000 OK\r\n\r\n");
  expect_malformed("HTTP/1.1 099 OK\r\n\r\n");
  EXPECT_EQ(read("HTTP/1.1 2x").consumed, 10u);
}

TEST(ResponseParser, BrokenChunksAreMalformed) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_malformed(head + "x\r\n");
  expect_malformed(head + "\r\n");
  expect_malformed(head + " 1\r\na\r\n");
  expect_malformed(head + "1 \r\na\r\n");
  expect_malformed(head + "1\na\r\n");
  expect_malformed(head + "1\r\nab\r\n");
  expect_malformed(head + "1\r\na\n");
  expect_malformed(head + "1;\x01\r\na\r\n");
  expect_malformed(head + "10000000000000000\r\n");
  expect_malformed(head + "0\r\nContent-Length: 3\r\n\r\n");
  expect_malformed(head + "0\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST(ResponseParser, LongFieldsNeedNoMemory) {
  const std::string name(100000, 'n');
  expect_complete("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "");
  const Read result = read("HTTP/1.1 200 OK\r\n" + name + ": " + std::string(100000, 'v') +
                           "\r\nContent-Length: 1\r\n\r\na");
  EXPECT_EQ(result.end, Read::End::complete);
  EXPECT_LE(sizeof(ResponseParser), 64u);
}

TEST(ResponseParser, SkippedBodyCountsAsRead) {
  ResponseParser parser;
  const Event event = parser.next("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc");
  EXPECT_EQ(event.body, "abc");
  EXPECT_EQ(parser.remaining(), 997u);
  parser.skip_body(995);
  const Event last = parser.next("yz");
  EXPECT_EQ(last.kind, Event::Kind::complete);
  EXPECT_EQ(last.body, "yz");
}

}  // namespace
}  // namespace unrig::http
