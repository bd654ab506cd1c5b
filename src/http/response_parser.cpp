#include "http/response_parser.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "http/text.h"

namespace unrig::http {
namespace {

constexpr std::string_view version_start = "HTTP/1.";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
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

bool ResponseParser::read_status_line(const char*& at, const char* end) {
  const char c = *at;
  switch (state_) {
    case State::version:
      if (c != version_start[matched_]) return false;
      if (++matched_ == version_start.size()) state_ = State::minor;
      break;
    case State::minor:
      if (c != '0' && c != '1') return false;
      minor_one_ = c == '1';
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
      if (c != ' ' && c != '\r') return false;
      state_ = c == ' ' ? State::reason : State::line_end;
      break;
    default:
      assert(state_ == State::reason);
      at = std::find_if_not(at, end, is_value);
      if (at == end) return true;
      if (*at != '\r') return false;
      state_ = State::line_end;
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
      if (c == '\r') {
        state_ = State::head_end;
        break;
      }
      if (!is_token(c)) return false;  // a blank here would be a folded line
      begin_field();
      return true;
    case State::name:
      for (; at != end && is_token(*at); ++at) keep(lower(*at));
      if (at == end) return true;
      if (*at != ':' || !end_name()) return false;
      state_ = State::value_start;
      break;
    case State::value_start:
      if (c == ' ' || c == '\t') break;
      state_ = State::value;
      return true;
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

void ResponseParser::begin_field() {
  word_size_ = 0;
  value_ended_ = false;
  field_ = Field::other;
  state_ = State::name;
}

bool ResponseParser::end_name() {
  const std::string_view name = word();
  if (name == "content-length") field_ = Field::content_length;
  if (name == "transfer-encoding") field_ = Field::transfer_encoding;
  if (name == "connection") field_ = Field::connection;
  word_size_ = 0;
  const bool frames = field_ == Field::content_length || field_ == Field::transfer_encoding;
  if (!frames) return true;
  if (in_trailers_) return false;
  bool& seen = field_ == Field::content_length ? has_length_ : chunked_;
  if (seen) return false;
  seen = true;
  return true;
}

bool ResponseParser::read_value(const char*& at, const char* end) {
  if (field_ == Field::other) at = std::find_if_not(at, end, is_value);
  for (; at != end && is_value(*at); ++at) {
    const char c = *at;
    if (field_ == Field::connection) {
      if (c == ',') {
        end_connection_option();
      } else if (word_size_ > 0 || (c != ' ' && c != '\t')) {
        keep(lower(c));
      }
      continue;
    }
    if (c == ' ') {
      value_ended_ = true;
      continue;
    }
    if (value_ended_) return false;
    if (field_ == Field::content_length && !read_length_digit(c)) return false;
    if (field_ == Field::transfer_encoding) keep(lower(c));
  }
  if (at == end) return true;
  if (*at != '\r' || !end_value()) return false;
  ++at;
  state_ = State::line_end;
  return true;
}

bool ResponseParser::read_length_digit(char c) {
  keep(c);  // so that an empty length is seen
  return is_digit(c) && append_digit(remaining_, 10, static_cast<unsigned>(c - '0'));
}

bool ResponseParser::end_value() {
  switch (field_) {
    case Field::content_length:
      return word_size_ > 0;
    case Field::transfer_encoding:
      return word() == "chunked";
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
  while (option.ends_with(' ') || option.ends_with('\t')) option.remove_suffix(1);
  if (!in_trailers_ && option == "close") says_close_ = true;
  if (!in_trailers_ && option == "keep-alive") says_keep_alive_ = true;
  word_size_ = 0;
}

bool ResponseParser::end_fields() {
  if (!in_trailers_) return end_head();
  state_ = State::done;
  return true;
}

bool ResponseParser::end_head() {
  if (has_length_ && chunked_) return false;
  if (status_ < 200 && status_ != 101) {
    *this = ResponseParser(to_head_);
    return true;
  }
  if (to_head_ || status_ == 101 || status_ == 204 || status_ == 304) {
    remaining_ = 0;  // a length here is the one that another answer would have
    state_ = State::done;
  } else if (chunked_) {
    framing_ = Framing::chunked;
    state_ = State::chunk_size_start;
  } else if (has_length_) {
    framing_ = Framing::length;
    state_ = remaining_ > 0 ? State::body_length : State::done;
  } else {
    framing_ = Framing::until_close;
    state_ = State::body_until_close;
  }
  return true;
}

bool ResponseParser::read_chunk_frame(const char*& at, const char* end) {
  const char c = *at;
  switch (state_) {
    case State::chunk_size_start:
      if (hex_digit(c) < 0) return false;
      remaining_ = 0;
      state_ = State::chunk_size;
      return true;
    case State::chunk_size: {
      const int digit = hex_digit(c);
      if (digit >= 0) {
        if (!append_digit(remaining_, 16, static_cast<unsigned>(digit))) return false;
        break;
      }
      if (c != ';' && c != '\r') return false;
      state_ = c == ';' ? State::chunk_extension : State::chunk_size_end;
      break;
    }
    case State::chunk_extension:
      at = std::find_if_not(at, end, is_value);
      if (at == end) return true;
      if (*at != '\r') return false;
      state_ = State::chunk_size_end;
      break;
    case State::chunk_size_end:
      if (c != '\n') return false;
      in_trailers_ = remaining_ == 0;
      state_ = in_trailers_ ? State::line_start : State::chunk_data;
      break;
    case State::chunk_data_end:
      if (c != '\r') return false;
      state_ = State::chunk_data_lf;
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
