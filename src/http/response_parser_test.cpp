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
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::pair<const char*, std::size_t> sizes[] = {
      {"f", 15}, {"F", 15}, {"0F", 15}, {"1f", 31}};
  for (const auto& [digits, size] : sizes) {
    const std::string body(size, 'x');
    expect_complete(head + digits + "\r\n" + body + "\r\n0\r\n\r\n", body);
  }
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

TEST(ResponseParser, TellsHowFarItIs) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_TRUE(read("").parser.untouched());
  EXPECT_FALSE(read("H").parser.untouched());
  EXPECT_FALSE(read(head).parser.untouched());
  EXPECT_FALSE(read("").parser.head_complete());
  EXPECT_FALSE(read(std::string_view(head).substr(0, head.size() - 1)).parser.head_complete());
  EXPECT_TRUE(read(head).parser.head_complete());
  EXPECT_TRUE(read(head + "1\r\na\r\n0\r\nDigest").parser.head_complete())
      << "trailers are read like a head";
  EXPECT_TRUE(read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n").parser.head_complete());
  EXPECT_TRUE(read("HTTP/1.1 204 No Content\r\n\r\n").parser.head_complete());
  const Read malformed = read(head + "x");
  EXPECT_EQ(malformed.end, Read::End::malformed);
  EXPECT_FALSE(malformed.parser.head_complete()) << "it is of no further use";
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
  expect_complete(
      "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n", "");
  expect_complete("HTTP/1.1 101 Switching Protocols\r\n\r\n", "");
  EXPECT_FALSE(read("HTTP/1.1 101 Switching Protocols\r\n\r\n").parser.keeps_alive());
  EXPECT_EQ(read("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n").parser.remaining(), 0u);
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
  EXPECT_TRUE(keeps("1.1", "c lose"));
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

TEST(ResponseParser, WhiteSpaceAroundNumbersAndCodings) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  expect_complete(head + "Content-Length:3\r\n\r\nabc", "abc");
  expect_complete(head + "Content-Length:\t 3\t \r\n\r\nabc", "abc");
  expect_complete(head + "Content-Length \t: 3\r\n\r\nabc", "abc");
  const std::string chunks = "\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  expect_complete(head + "Transfer-Encoding:\tchunked\t" + chunks, "abc");
  expect_complete(head + "Transfer-Encoding: , gzip ,\tchunked ," + chunks, "abc");
  expect_complete(head + "Transfer-Encoding: a ; b=\"c,\\\"d\" ; e, chunked" + chunks, "abc");
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  expect_complete(chunked + "3  \r\nabc\r\n0\t\r\n\r\n", "abc");
  expect_complete(chunked + " \t3\r\nabc\r\n 0\r\n\r\n", "abc");
  expect_complete(chunked + "3 ;a = \"b;c\" \t; d\r\nabc\r\n0 ; x\r\n\r\n", "abc");
}

TEST(ResponseParser, LinesMayEndInLfAlone) {
  expect_complete("HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", "abc");
  expect_complete("HTTP/1.1 200\nContent-Length: 3\r\n\nabc", "abc");
  expect_complete("HTTP/1.1 200 OK\r\nA: b\nContent-Length: 3\n\r\nabc", "abc");
  expect_complete("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n0;x\nDigest: y\n\n",
                  "abc");
  expect_complete("HTTP/1.1 103 Early Hints\n\nHTTP/1.1 200 OK\nContent-Length: 1\n\na", "a");
}

TEST(ResponseParser, FoldedLinesAreOne) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  expect_complete(head + "X: a\r\n b\r\n\tc\r\nContent-Length: 1\r\n\r\na", "a");
  expect_complete(head + "Content-Length:\r\n 1\r\n\r\na", "a");
  expect_complete(head + "Content-Length: 1\r\n \r\n\r\na", "a");
  expect_complete(head + "Transfer-Encoding: gzip,\n chunked\n\n1\na\n0\nX: y\n z\n\n", "a");
  const Read closing = read(head + "Connection: a,\r\n close\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(closing.end, Read::End::complete);
  EXPECT_FALSE(closing.parser.keeps_alive());
  expect_malformed(head + "Content-Length: 1\r\n 2\r\n\r\na");
}

TEST(ResponseParser, EqualLengthsAreOne) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  expect_complete(head + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "abc");
  expect_complete(head + "Content-Length: 3, 3,\r\ncontent-length: 03\r\n\r\nabc", "abc");
  expect_complete(head + "Content-Length: 3 ,3\r\n\r\nabc", "abc");
}

TEST(ResponseParser, LaterMinorVersionsAreReadLikeTheLatestKnown) {
  const Read result = read("HTTP/1.7 200 OK\r\nContent-Length: 1\r\n\r\na");
  EXPECT_EQ(result.end, Read::End::complete);
  EXPECT_TRUE(result.parser.keeps_alive());
}

TEST(ResponseParser, CodingsThatEndWithTheConnection) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  for (const char* coding :
       {"gzip", "chunked, gzip", "chunke", "xchunked", "identity", "foo;a=b"}) {
    const Read result = read_all_splits(head + "Transfer-Encoding: " + coding + "\r\n\r\nabc");
    EXPECT_EQ(result.end, Read::End::more) << coding;
    EXPECT_TRUE(result.parser.complete_at_close()) << coding;
    EXPECT_EQ(result.body, "abc") << coding;
    EXPECT_FALSE(result.parser.keeps_alive()) << coding;
  }
}

TEST(ResponseParser, IdentityIsNoCoding) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  expect_complete(head + "Transfer-Encoding: Identity\r\nContent-Length: 3\r\n\r\nabc", "abc");
  const std::string chunks = "\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  expect_complete(head + "Transfer-Encoding: identity, chunked" + chunks, "abc");
  expect_complete(head + "Transfer-Encoding: chunked, identity" + chunks, "abc");
  expect_complete(head + "Transfer-Encoding: identity ,chunked" + chunks, "abc");
}

TEST(ResponseParser, LengthsInTrailersMeanNothing) {
  expect_complete(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
      "Content-Length: 9\r\nTransfer-Encoding: gzip\r\nConnection: close\r\n\r\n",
      "a");
  const Read late = read(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
      "Content-Length: x\r\nTransfer-Encoding:\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(late.end, Read::End::complete);
  EXPECT_TRUE(late.parser.keeps_alive());
}

TEST(ResponseParser, SaysWhatWasExpectedAtTheWrongByte) {
  const auto expected = [](std::string_view bytes) {
    const Read result = read_all_splits(bytes);
    EXPECT_EQ(result.end, Read::End::malformed) << bytes;
    return std::to_string(result.consumed) + ": " + std::string(result.parser.expected());
  };
  const std::string head = "HTTP/1.1 200 OK\r\n";  // 17 bytes
  EXPECT_EQ(expected("<html>"), "0: \"HTTP/1.\" at the start of the answer");
  EXPECT_EQ(expected("HTTP/1.1 2x"), "10: a status of three digits");
  EXPECT_EQ(expected(head + "X-A\r\n"), "20: a colon after the name of the header");
  EXPECT_EQ(expected(head + "A: b\rc"), "22: \\n after \\r");
  EXPECT_EQ(expected(head + "A: \x01"), "20: a printable byte or the end of the line");
  EXPECT_EQ(expected("HTTP/1.1 200 O\x7f"), "14: a printable byte or the end of the line");
  EXPECT_EQ(expected(head + " A: b"), "17: the name of a header or an empty line");
  EXPECT_EQ(expected(head + "Content-Length: x"), "33: a Content-Length of decimal digits");
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";  // 47 bytes
  EXPECT_EQ(expected(chunked + "x"), "47: the size of a chunk, in hexadecimal digits");
  EXPECT_EQ(expected(chunked + "1;\x01"), "49: a printable byte or the end of the line");
  EXPECT_EQ(expected(chunked + "1\r\nab"), "51: the end of a line after the data of the chunk");
}

TEST(ResponseParser, AmbiguousLengthsAreMalformed) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  expect_malformed(head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd");
  expect_malformed(head + "Content-Length: 3, 4\r\n\r\nabcd");
  expect_malformed(head + "Content-Length: ,\r\n\r\nabcd");
  expect_malformed(head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  expect_malformed(head + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n");
  expect_malformed(head + "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc");
  expect_malformed(head + "Transfer-Encoding: chunked, chunked\r\n\r\n");
  expect_malformed(head + "Transfer-Encoding: chunked;a=b\r\n\r\n");
  expect_malformed(head + "Transfer-Encoding: a;b=\"c, chunked\r\n\r\n0\r\n\r\n");
  expect_malformed(head + "Transfer-Encoding:\r\n\r\n");
  expect_malformed(head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n");
  expect_malformed(head + "Transfer-Encoding: chunked chunked\r\n\r\n");
  expect_malformed(head + "Transfer-Encoding: x y\r\n\r\n");
  expect_malformed(head + "Content-Length: \r\n\r\n");
  expect_malformed(head + "Content-Length: 3\r\nContent-Length: \r\n\r\nabc");
  expect_malformed(head + "Content-Length: -1\r\n\r\n");
  expect_malformed(head + "Content-Length: +1\r\n\r\n");
  expect_malformed(head + "Content-Length: 1 1\r\n\r\n");
  expect_malformed(head + "Content-Length: 0x1\r\n\r\n");
  expect_malformed(head + "Content-Length: 18446744073709551616\r\n\r\n");
  EXPECT_EQ(read(head + "Content-Length: 18446744073709551615\r\n\r\n").parser.remaining(),
            18446744073709551615u);
}

TEST(ResponseParser, BrokenLinesAreMalformed) {
  expect_malformed("HTTP/1.1 200 OK\r\n A: b\r\n\r\n");
  expect_malformed("HTTP/1.1 200 OK\r\r\nA: b\r\n\r\n");
  expect_malformed("HTTP/1.1 200 OK\r\nA: b\r\n\rx");
  expect_malformed("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n");
  expect_malformed("HTTP/1.1 200 OK\r\nA B: c\r\n\r\n");
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
  expect_malformed("HTTP/1.x 200 OK\r\n\r\n");
  expect_malformed("HTTP/1.10 200 OK\r\n\r\n");
  expect_malformed("HTTP/1.1  200 OK\r\n\r\n");
  expect_malformed("HTTP/1.1x200 OK\r\n\r\n");
  expect_malformed("HTTP/1.1 20 OK\r\n\r\n");
  expect_malformed("HTTP/1.1 2000 OK\r\n\r\n");
  expect_malformed("HTTP/1.1 099 OK\r\n\r\n");
  EXPECT_EQ(read("HTTP/1.1 2x").consumed, 10u);
}

TEST(ResponseParser, BrokenChunksAreMalformed) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_malformed(head + "x\r\n");
  expect_malformed(head + "\r\n");
  expect_malformed(head + "1 1\r\na\r\n");
  expect_malformed(head + "1\ra\r\n");
  expect_malformed(head + "1\r\nab\r\n");
  expect_malformed(head + "1\r\na\rb");
  expect_malformed(head + "1;\x01\r\na\r\n");
  expect_malformed(head + "10000000000000000\r\n");
  // A trailer that begins like a line to be continued.
  expect_malformed(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n0\r\n A: b\r\n\r\n");
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
  parser.skip_body(996);
  EXPECT_EQ(parser.remaining(), 1u);
  const Event last = parser.next("z");
  EXPECT_EQ(last.kind, Event::Kind::complete);
  EXPECT_EQ(last.body, "z");
}

}  // namespace
}  // namespace unrig::http
