/// \file
/// Incremental parser of HTTP/1.x responses (RFC 9112). Pure: bytes in, events out; nothing is
/// stored of what it reads, so that a connection costs a few dozen bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace unrig::http {

/// What one call of ResponseParser::next read from the front of the bytes.
struct Event {
  enum class Kind : std::uint8_t {
    more,       ///< the response goes on
    complete,   ///< the response ends here; what follows was not asked for
    malformed,  ///< not HTTP; the parser is of no further use
  };
  Kind kind = Kind::more;
  std::size_t consumed = 0;
  std::string_view body;  ///< the next piece of the body: the last of the consumed bytes, or none
};

/// How the end of the body is told.
enum class Framing : std::uint8_t { none, length, chunked, until_close };

/// Reads one final response; interim ones (1xx but 101) before it are skipped. It takes what the
/// RFCs want a client to take and what does not leave open where a response ends: lines that end in
/// LF alone, folded field values, blanks and tabs around numbers, codings and colons, the same
/// Content-Length twice, any later minor version, codings it does not know (the body is then what
/// is within the chunks, or goes to the end of the connection). Malformed are two different
/// Content-Lengths, Content-Length beside a transfer coding, chunked twice, control bytes, and a
/// status line that is none. The table of all that is in docs/load.md.
///
///     ResponseParser parser(head_request);
///     while (!bytes.empty()) { Event event = parser.next(bytes); …; remove event.consumed }
///     at the end of the connection: parser.complete_at_close()
class ResponseParser {
 public:
  /// `to_head`: the request's method was HEAD, so that no body follows whatever the head says.
  explicit ResponseParser(bool to_head) : to_head_(to_head) {}
  ResponseParser() : ResponseParser(false) {}

  /// Reads from the front of `bytes` to the end of the next piece of the body, of the response or
  /// of the bytes. Must not be called after `complete` or `malformed`.
  [[nodiscard]] Event next(std::string_view bytes);

  /// Whether the response is complete if the connection ends here in good order.
  [[nodiscard]] bool complete_at_close() const { return state_ == State::body_until_close; }
  /// No byte has been read yet.
  [[nodiscard]] bool untouched() const { return state_ == State::version && matched_ == 0; }
  /// After `malformed`: what should have stood in the place of the first byte not consumed.
  [[nodiscard]] std::string_view expected() const { return expected_; }

  /// \name Of the final head; only from its end on
  /// @{
  [[nodiscard]] bool head_complete() const {
    return in_trailers_ || (state_ >= State::body_length && state_ != State::failed);
  }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] Framing framing() const { return framing_; }
  /// The connection may carry another request after this response.
  [[nodiscard]] bool keeps_alive() const;
  /// Bytes of the body (framing length) or of the chunk that are still to come.
  [[nodiscard]] std::uint64_t remaining() const { return remaining_; }
  /// @}

  /// Bytes of the body that were skipped outside (the kernel can do that): as if read.
  /// `count` <= remaining(), framing length only.
  void skip_body(std::uint64_t count);

 private:
  // In this order: a head (whose field lines trailers use again), then what follows a head.
  enum class State : std::uint8_t {
    version,  // "HTTP/1." up to `matched_`
    minor,    // '0' or '1'
    before_status,
    status,  // three digits, `matched_` of them read
    after_status,
    reason,
    line_end,    // LF of a status or field line
    line_start,  // the empty line, a field name, or the next line of a folded value
    name,
    name_end,  // blanks before the colon
    value,
    head_end,  // LF of the empty line
    body_length,
    body_until_close,
    chunk_size_start,
    chunk_size,
    chunk_size_blanks,
    chunk_extension,
    chunk_size_end,  // LF
    chunk_data,
    chunk_data_end,  // CR
    chunk_data_lf,
    done,
    failed,
  };
  enum class Field : std::uint8_t { other, content_length, transfer_encoding, connection };

  // Each reads one or more bytes from `at`; false at the first byte that may not stand there.
  bool read_status_line(const char*& at, const char* end);
  bool read_field_line(const char*& at, const char* end);
  bool read_chunk_frame(const char*& at, const char* end);
  Event read_body(std::string_view bytes, std::size_t consumed);

  // Notes what was expected; always false.
  bool refuse(const char* expected);
  [[nodiscard]] const char* expected_in_state() const;
  void begin_field();
  void end_name();
  bool read_value(const char*& at, const char* end);
  bool read_length(char c);
  bool end_length();
  bool read_coding(char c);
  bool end_coding();
  bool end_value();
  void end_connection_option();
  bool end_fields();
  bool end_head();
  void keep(char c);
  [[nodiscard]] std::string_view word() const { return {word_.data(), word_size_}; }

  std::uint64_t remaining_ = 0;
  std::uint64_t length_ = 0;  // that is being read
  const char* expected_ = "";
  // The lower-case start of the field name or of the connection option being read: as much as is
  // needed to tell the known ones from all others.
  std::array<char, 18> word_{};
  std::uint8_t word_size_ = 0;
  std::uint8_t matched_ = 0;
  std::int16_t status_ = 0;
  State state_ = State::version;
  Field field_ = Field::other;
  Framing framing_ = Framing::none;
  bool to_head_;
  bool minor_one_ = false;
  bool has_length_ = false;
  bool chunked_ = false;        // among the codings
  bool chunked_last_ = false;   // and the last of them
  bool coded_ = false;          // there are codings, "identity" apart
  bool in_field_ = false;       // a value may go on in the next line
  bool value_ended_ = false;    // only blanks may follow in this element of a value
  bool in_parameters_ = false;  // of a transfer coding
  bool has_element_ = false;    // the value is not empty
  bool in_trailers_ = false;
  bool says_close_ = false;
  bool says_keep_alive_ = false;
};

}  // namespace unrig::http
