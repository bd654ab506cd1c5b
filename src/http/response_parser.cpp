#include "http/response_parser.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "http/text.h"

namespace unrig::http {
namespace {

constexpr std::string_view version_start = "HTTP/1.";

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// -1 when it is none.
int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char letter = lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// number = number * base + digit; false when it does not fit.
bool append_digit(std::uint64_t& number, unsigned base, unsigned digit) {
  if (number > (std::numeric_limits<std::uint64_t>::max() - digit) / base) return false;
  number = number * base + digit;
  return true;
}

}  // namespace

Event ResponseParser::next(std::string_view bytes) {
  assert(state_ != State::done && state_ != State::failed);
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end) {
    bool right = true;
    if (state_ < State::line_end) {
      right = read_status_line(at, end);
    } else if (state_ < State::body_length) {
      right = read_field_line(at, end);
    } else if (state_ == State::body_length || state_ == State::body_until_close ||
               state_ == State::chunk_data) {
      return read_body(bytes, static_cast<std::size_t>(at - bytes.data()));
    } else {
      right = read_chunk_frame(at, end);
    }
    const auto consumed = static_cast<std::size_t>(at - bytes.data());
    if (!right) {
      if (*expected_ == 0) expected_ = expected_in_state();
      state_ = State::failed;
      return {Event::Kind::malformed, consumed, {}};
    }
    if (state_ == State::done) return {Event::Kind::complete, consumed, {}};
  }
  return {Event::Kind::more, bytes.size(), {}};
}

bool ResponseParser::keeps_alive() const {
  if (framing_ == Framing::until_close || status_ == 101) return false;
  if (minor_one_) return !says_close_;
  // A chunked answer of version 1.0 contradicts itself (RFC 9112, 6.1): nothing more from there.
  return says_keep_alive_ && !says_close_ && framing_ != Framing::chunked;
}

void ResponseParser::skip_body(std::uint64_t count) {
  assert(state_ == State::body_length && count <= remaining_);
  remaining_ -= count;
  if (remaining_ == 0) state_ = State::done;
}

const char* ResponseParser::expected_in_state() const {
  switch (state_) {
    case State::version:
      return "\"HTTP/1.\" at the start of the answer";
    case State::minor:
      return "a digit, the minor version";
    case State::before_status:
      return "a blank after the version";
    case State::status:
      return "a status of three digits";
    case State::after_status:
      return "a blank or the end of the line after the status";
    case State::reason:
    case State::value:
    case State::chunk_extension:
      return "a printable byte or the end of the line";
    case State::line_end:
    case State::head_end:
    case State::chunk_size_end:
    case State::chunk_data_lf:
      return "\\n after \\r";
    case State::line_start:
      return "the name of a header or an empty line";
    case State::name:
    case State::name_end:
      return "a colon after the name of the header";
    case State::chunk_size_start:
      return "the size of a chunk, in hexadecimal digits";
    case State::chunk_size:
    case State::chunk_size_blanks:
      return "the end of the line after the size of the chunk";
    case State::chunk_data_end:
      return "the end of a line after the data of the chunk";
    default:
      return "nothing more";
  }
}

bool ResponseParser::refuse(const char* expected) {
  expected_ = expected;
  return false;
}

bool ResponseParser::read_status_line(const char*& at, const char* end) {
  const char c = *at;
  switch (state_) {
    case State::version:
      if (c != version_start[matched_]) return false;
      if (++matched_ == version_start.size()) state_ = State::minor;
      break;
    case State::minor:
      if (!is_digit(c)) return false;
      minor_one_ = c != '0';  // a later one is read like the latest known (RFC 9110, 6.2)
      state_ = State::before_status;
      break;
    case State::before_status:
      if (c != ' ') return false;
      matched_ = 0;
      state_ = State::status;
      break;
    case State::status:
      if (!is_digit(c) || (matched_ == 0 && c == '0')) return false;
      status_ = static_cast<std::int16_t>(status_ * 10 + (c - '0'));
      if (++matched_ == 3) state_ = State::after_status;
      break;
    case State::after_status:
      if (c != ' ' && c != '\r' && c != '\n') return false;
      state_ = State::reason;
      if (c != ' ') return true;
      break;
    default:
      assert(state_ == State::reason);
      at = std::find_if_not(at, end, is_value);
      if (at == end) return true;
      if (*at != '\r' && *at != '\n') return false;
      state_ = *at == '\r' ? State::line_end : State::line_start;
      break;
  }
  ++at;
  return true;
}

bool ResponseParser::read_field_line(const char*& at, const char* end) {
  const char c = *at;
  switch (state_) {
    case State::line_end:
      if (c != '\n') return false;
      state_ = State::line_start;
      break;
    case State::line_start:
      if (in_field_ && is_blank(c)) {  // a folded value, whose line end is a blank
        state_ = State::value;
        return true;
      }
      if (in_field_ && !end_value()) return false;
      in_field_ = false;
      if (c == '\r') {
        state_ = State::head_end;
        break;
      }
      if (c == '\n') {
        ++at;
        return end_fields();
      }
      if (!is_token(c)) return false;
      begin_field();
      return true;
    case State::name:
      for (; at != end && is_token(*at); ++at) keep(lower(*at));
      if (at == end) return true;
      state_ = State::name_end;
      return true;
    case State::name_end:
      if (is_blank(c)) break;
      if (c != ':') return false;
      end_name();
      state_ = State::value;
      break;
    case State::value:
      return read_value(at, end);
    default:
      assert(state_ == State::head_end);
      if (c != '\n') return false;
      ++at;
      return end_fields();
  }
  ++at;
  return true;
}

/// The rest of what a value needs was reset where the last one ended.
void ResponseParser::begin_field() {
  has_element_ = false;
  in_field_ = true;
  field_ = Field::other;
  state_ = State::name;
}

void ResponseParser::end_name() {
  const std::string_view name = word();
  if (!in_trailers_) {  // there they come too late to mean anything
    if (name == "content-length") field_ = Field::content_length;
    if (name == "transfer-encoding") field_ = Field::transfer_encoding;
    if (name == "connection") field_ = Field::connection;
  }
  word_size_ = 0;
}

bool ResponseParser::read_value(const char*& at, const char* end) {
  if (field_ == Field::other) at = std::find_if_not(at, end, is_value);
  for (; at != end && is_value(*at); ++at) {
    const char c = *at;
    bool right = true;
    if (field_ == Field::content_length) right = read_length(c);
    if (field_ == Field::transfer_encoding) right = read_coding(c);
    if (!right) return false;
    if (field_ != Field::connection) continue;
    if (c == ',') {
      end_connection_option();
    } else if (word_size_ > 0 || !is_blank(c)) {
      keep(lower(c));
    }
  }
  if (at == end) return true;
  if (*at != '\r' && *at != '\n') return false;
  state_ = *at == '\r' ? State::line_end : State::line_start;
  ++at;
  return true;
}

bool ResponseParser::read_length(char c) {
  if (c == ',') return end_length();
  if (is_blank(c)) {
    value_ended_ = word_size_ > 0;
    return true;
  }
  if (value_ended_ || !is_digit(c)) return refuse("a Content-Length of decimal digits");
  keep(c);
  if (append_digit(length_, 10, static_cast<unsigned>(c - '0'))) return true;
  return refuse("a Content-Length below 2^64");
}

/// Lists of one and the same number are what some make of two equal fields (RFC 9110, 8.6).
bool ResponseParser::end_length() {
  if (word_size_ == 0) return true;
  if (has_length_ && length_ != remaining_) {
    return refuse("the same number in each Content-Length, up to here");
  }
  remaining_ = length_;
  has_length_ = has_element_ = true;
  length_ = 0;
  word_size_ = 0;
  value_ended_ = false;
  return true;
}

bool ResponseParser::read_coding(char c) {
  if (quoted_) {  // a comma there ends no element (RFC 9110, 5.6.4)
    quoted_ = escaped_ || c != '"';
    escaped_ = !escaped_ && c == '\\';
    return true;
  }
  if (c == ',') return end_coding();
  if (in_parameters_) {
    quoted_ = c == '"';
  } else if (is_blank(c)) {
    value_ended_ = word_size_ > 0;
  } else if (c == ';') {
    in_parameters_ = true;
  } else {
    if (value_ended_ || !is_token(c)) return refuse("a transfer coding, which is one word");
    keep(lower(c));
  }
  return true;
}

bool ResponseParser::end_coding() {
  if (quoted_)
    return refuse("the end of the quoted string in the Transfer-Encoding before this line");
  const std::string_view coding = word();
  if (coding.empty() && !in_parameters_) return true;  // an empty element of a list
  has_element_ = true;
  if (coding == "identity" && !in_parameters_) {  // as if it were not there
    word_size_ = 0;
    value_ended_ = false;
    return true;
  }
  chunked_last_ = false;
  coded_ = true;
  if (coding == "chunked") {
    if (chunked_) return refuse("the coding chunked once only, up to here");
    if (in_parameters_) return refuse("the coding chunked without parameters, up to here");
    chunked_ = chunked_last_ = true;
  }
  word_size_ = 0;
  value_ended_ = in_parameters_ = false;
  return true;
}

bool ResponseParser::end_value() {
  switch (field_) {
    case Field::content_length:
      return end_length() &&
             (has_element_ || refuse("a number in the Content-Length before this line"));
    case Field::transfer_encoding:
      return end_coding() &&
             (has_element_ || refuse("a coding in the Transfer-Encoding before this line"));
    case Field::connection:
      end_connection_option();
      return true;
    case Field::other:
      return true;
  }
  return true;
}

void ResponseParser::end_connection_option() {
  std::string_view option = word();
  while (!option.empty() && is_blank(option.back())) option.remove_suffix(1);
  if (option == "close") says_close_ = true;
  if (option == "keep-alive") says_keep_alive_ = true;
  word_size_ = 0;
}

bool ResponseParser::end_fields() {
  if (!in_trailers_) return end_head();
  state_ = State::done;
  return true;
}

bool ResponseParser::end_head() {
  if (status_ < 200 && status_ != 101) {
    *this = ResponseParser(to_head_);
    return true;
  }
  if (to_head_ || status_ == 101 || status_ == 204 || status_ == 304) {
    remaining_ = 0;  // a length here is the one that another answer would have
    state_ = State::done;
    return true;
  }
  if (has_length_ && coded_) {
    return refuse("a Content-Length or a Transfer-Encoding in the head that ends here, not both");
  }
  if (chunked_last_) {
    framing_ = Framing::chunked;
    state_ = State::chunk_size_start;
  } else if (has_length_) {
    framing_ = Framing::length;
    state_ = remaining_ > 0 ? State::body_length : State::done;
  } else {
    framing_ = Framing::until_close;  // with other codings, too (RFC 9112, 6.3)
    state_ = State::body_until_close;
  }
  return true;
}

bool ResponseParser::read_chunk_frame(const char*& at, const char* end) {
  const char c = *at;
  switch (state_) {
    case State::chunk_size_start:
      if (is_blank(c)) break;
      if (hex_digit(c) < 0) return false;
      state_ = State::chunk_size;
      return true;
    case State::chunk_size:
      if (const int digit = hex_digit(c); digit >= 0) {
        if (append_digit(remaining_, 16, static_cast<unsigned>(digit))) break;
        return refuse("the size of a chunk below 2^64");
      }
      state_ = State::chunk_size_blanks;
      return true;
    case State::chunk_size_blanks:
      if (is_blank(c)) break;
      if (c != ';' && c != '\r' && c != '\n') return false;
      state_ = State::chunk_extension;
      return true;
    case State::chunk_extension:
      at = std::find_if_not(at, end, is_value);
      if (at == end) return true;
      if (*at != '\r' && *at != '\n') return false;
      state_ = State::chunk_size_end;
      if (*at == '\n') return true;
      break;
    case State::chunk_size_end:
      if (c != '\n') return false;
      in_trailers_ = remaining_ == 0;
      state_ = in_trailers_ ? State::line_start : State::chunk_data;
      break;
    case State::chunk_data_end:
      if (c != '\r' && c != '\n') return false;
      state_ = State::chunk_data_lf;
      if (c == '\n') return true;
      break;
    default:
      assert(state_ == State::chunk_data_lf);
      if (c != '\n') return false;
      state_ = State::chunk_size_start;
      break;
  }
  ++at;
  return true;
}

Event ResponseParser::read_body(std::string_view bytes, std::size_t consumed) {
  std::size_t size = bytes.size() - consumed;
  if (state_ != State::body_until_close) {
    size = static_cast<std::size_t>(std::min<std::uint64_t>(size, remaining_));
    remaining_ -= size;
    if (remaining_ == 0) {
      state_ = state_ == State::chunk_data ? State::chunk_data_end : State::done;
    }
  }
  const auto kind = state_ == State::done ? Event::Kind::complete : Event::Kind::more;
  return {kind, consumed + size, bytes.substr(consumed, size)};
}

/// Only the first bytes are kept, and one more than any known word has, so that none matches.
void ResponseParser::keep(char c) {
  if (word_size_ < word_.size()) word_[word_size_++] = c;
}

}  // namespace unrig::http
