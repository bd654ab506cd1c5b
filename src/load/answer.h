/// \file
/// Judges answers: whole or not, right or wrong, and what may follow on the connection.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/response_parser.h"
#include "load/load.h"

namespace unrig::load {

/// How far one answer has been read: the part of a connection that belongs to the judge.
struct AnswerSoFar {
  http::ResponseParser parser;
  std::optional<std::uint32_t> key;  ///< what its request asked for
  std::uint64_t body_size = 0;
  std::uint64_t received = 0;           ///< bytes of the answer, but for the last piece
  std::size_t wrong_at = 0;             ///< within the last piece, where it is malformed
  std::size_t body_at = 0;              ///< within the last piece, where the body goes on
  bool differs = false;                 ///< the body cannot be right any more
  std::unique_ptr<std::string> start;   ///< of an answer that came in several pieces
  std::unique_ptr<std::string> pieces;  ///< of the body, only where it must be put together
};

struct Judgement {
  bool ended = false;              ///< false: the answer goes on, the rest means nothing yet
  std::optional<Failure> failure;  ///< none: complete and right
  bool reusable = false;           ///< the connection may carry another request
  bool unasked_bytes = false;      ///< more came than the answer
  bool head_body = false;          ///< after an answer to HEAD more came; unasked where it matters
};

/// One for each measuring thread. The plan must outlive it.
///
/// Most answers of a run have the same head. The judge remembers the head of the last right answer
/// that came in one piece and had a Content-Length; an answer that begins with the very same bytes
/// and has the same length needs no parsing. Any difference goes to the parser. In the same way it
/// remembers the last body that was as expected: one with the very same bytes is.
class Judge {
 public:
  explicit Judge(const Plan& plan);

  /// The answer to a request for `key`; none: the plan has no keys.
  void begin(AnswerSoFar& so_far, std::optional<std::uint32_t> key = {}) const;
  /// More bytes of the answer.
  [[nodiscard]] Judgement read(AnswerSoFar& so_far, std::string_view bytes);
  /// How many of the next bytes need not be seen, because only their number counts.
  [[nodiscard]] std::uint64_t skippable(const AnswerSoFar& so_far) const;
  /// `count` of them have come.
  [[nodiscard]] Judgement skip(AnswerSoFar& so_far, std::uint64_t count);
  /// The connection ended before the answer had ended by itself; `error` as in on_closed.
  [[nodiscard]] Judgement at_close(AnswerSoFar& so_far, int error = 0);
  /// Bytes came on an idle connection. Whether they are how a server says that it closes: a 408, or
  /// another refusal with "Connection: close" (RFC 9110, 15.5.9).
  [[nodiscard]] static bool says_goodbye(std::string_view bytes);
  /// The server did not see the request, because it had given up waiting on a kept connection.
  [[nodiscard]] bool crossed(const AnswerSoFar& so_far) const;
  /// What the failed answer looked like, for a message: its head and first bytes, and where it is
  /// malformed what was expected at which byte, where its body is not as expected why. `bytes`: the
  /// last piece, none when it ended so.
  [[nodiscard]] std::string describe(const AnswerSoFar& so_far, Failure failure,
                                     std::string_view bytes) const;

 private:
  void take_body(AnswerSoFar& so_far, std::string_view piece, bool whole);
  [[nodiscard]] std::optional<Failure> failure_of(const AnswerSoFar& so_far);
  [[nodiscard]] Judgement finish(const AnswerSoFar& so_far, std::size_t left_over);
  void learn(const AnswerSoFar& so_far, std::string_view answer);
  [[nodiscard]] bool right_body(const AnswerSoFar& so_far, std::string_view body);
  /// Of a complete body that is not compared with an exact one.
  [[nodiscard]] bool checked(std::string_view body, std::optional<std::uint32_t> key);
  /// Why a body is not as expected.
  [[nodiscard]] std::string refusal(const AnswerSoFar& so_far, std::string_view bytes) const;
  /// The answer goes on: what a message may need of it is kept.
  static void keep_start(AnswerSoFar& so_far, std::string_view bytes);

  const Plan& plan_;
  bool to_head_;
  bool whole_;                  // a body is checked when it is complete
  std::string known_body_;      // as expected; empty: none is known
  std::string known_head_;      // empty: none is known
  std::size_t known_size_ = 0;  // of head and body
  bool known_reusable_ = false;
};

}  // namespace unrig::load
