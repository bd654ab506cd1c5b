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
struct Reading {
  http::ResponseParser parser;
  std::uint64_t body_size = 0;
  bool differs = false;                 ///< the body cannot be right any more
  std::unique_ptr<std::string> pieces;  ///< of the body, only where it must be put together
};

struct Judgement {
  bool ended = false;              ///< false: the answer goes on, the rest means nothing yet
  std::optional<Failure> failure;  ///< none: complete and right
  bool reusable = false;           ///< the connection may carry another request
  bool unasked_bytes = false;      ///< more came than the answer
};

/// One for each measuring thread. The plan must outlive it.
///
/// Most answers of a run have the same head. The judge remembers the head of the last right answer
/// that came in one piece and had a Content-Length; an answer that begins with the very same bytes
/// and has the same length needs no parsing. Any difference goes to the parser.
class Judge {
 public:
  explicit Judge(const Plan& plan);

  void begin(Reading& reading) const;
  /// More bytes of the answer.
  [[nodiscard]] Judgement read(Reading& reading, std::string_view bytes);
  /// How many of the next bytes need not be seen, because only their number counts.
  [[nodiscard]] std::uint64_t skippable(const Reading& reading) const;
  /// `count` of them have come.
  [[nodiscard]] Judgement skip(Reading& reading, std::uint64_t count) const;
  /// The connection was closed in good order before the answer had ended by itself.
  [[nodiscard]] Judgement at_close(Reading& reading);
  /// Head and start of the last wrong answer, for a message.
  [[nodiscard]] std::string describe(const Reading& reading, std::string_view bytes) const;

 private:
  void take_body(Reading& reading, std::string_view piece, bool whole);
  [[nodiscard]] std::optional<Failure> verdict(const Reading& reading) const;
  [[nodiscard]] Judgement finish(const Reading& reading, std::size_t left_over) const;
  void learn(const Reading& reading, std::string_view answer);
  [[nodiscard]] bool right_body(std::string_view body) const;

  const Plan& plan_;
  bool to_head_;
  std::string known_head_;      // empty: none is known
  std::size_t known_size_ = 0;  // of head and body
  bool known_reusable_ = false;
};

}  // namespace unrig::load
