#include "http/json_reader.h"

#include <array>
#include <cassert>
#include <cstdint>
#include <optional>

#include "base/number.h"
#include "base/text.h"
#include "http/text.h"

namespace unrig::http {
namespace {

/// What a string goes on over without a look: ASCII but for quotation marks, escapes and control
/// bytes.
constexpr std::array<bool, 256> plain = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x80; ++c) table[c] = c != '"' && c != '\\';
  return table;
}();

bool is_plain(char c) {
  return plain[static_cast<unsigned char>(c)];
}

}  // namespace

JsonToken JsonReader::next() {
  skip_blanks();
  switch (want_) {
    case Want::nothing:
      return at_ == document_.size() ? JsonToken{Kind::over, {}} : wrong("the end");
    case Want::comma_or_end: {
      const bool in_object = objects_[depth_ - 1];
      if (at(in_object ? '}' : ']')) return end();
      if (!at(',')) return wrong(in_object ? "a comma or }" : "a comma or ]");
      ++at_;
      skip_blanks();
      return in_object ? name() : value();
    }
    case Want::name_or_end:
      return at('}') ? end() : name();
    case Want::name:
      return name();
    case Want::value_or_end:
      return at(']') ? end() : value();
    case Want::value:
      return value();
  }
  return wrong("nothing");
}

JsonToken JsonReader::wrong(std::string_view expected) {
  expected_ = expected;
  return {Kind::no_json, {}};
}

JsonToken JsonReader::begin(Kind kind) {
  if (depth_ == deepest_json) return wrong("no more than 512 levels");
  const bool object = kind == Kind::object;
  objects_[depth_++] = object;
  ++at_;
  want_ = object ? Want::name_or_end : Want::value_or_end;
  return {kind, {}};
}

JsonToken JsonReader::end() {
  assert(depth_ > 0);
  ++at_;
  --depth_;
  return after_value({Kind::end, {}});
}

JsonToken JsonReader::after_value(JsonToken token) {
  want_ = depth_ == 0 ? Want::nothing : Want::comma_or_end;
  return token;
}

JsonToken JsonReader::name() {
  if (!at('"')) return wrong("a name in quotation marks");
  JsonToken token{Kind::name, {}};
  if (!string(token.raw)) return {Kind::no_json, {}};
  skip_blanks();
  if (!at(':')) return wrong("a colon");
  ++at_;
  want_ = Want::value;
  return token;
}

JsonToken JsonReader::value() {
  if (at_ == document_.size()) return wrong("a value");
  switch (document_[at_]) {
    case '{':
      return begin(Kind::object);
    case '[':
      return begin(Kind::list);
    case '"': {
      JsonToken token{Kind::text, {}};
      return string(token.raw) ? after_value(token) : JsonToken{Kind::no_json, {}};
    }
    case 't':
      return word("true", Kind::yes);
    case 'f':
      return word("false", Kind::no);
    case 'n':
      return word("null", Kind::null);
    default:
      return number();
  }
}

JsonToken JsonReader::word(std::string_view whole, Kind kind) {
  if (!document_.substr(at_).starts_with(whole)) return wrong("a value");
  at_ += whole.size();
  return after_value({kind, {}});
}

bool JsonReader::digits() {
  const std::size_t from = at_;
  while (at_ < document_.size() && is_digit(document_[at_])) ++at_;
  return at_ > from;
}

JsonToken JsonReader::number() {
  const std::size_t from = at_;
  if (at('-')) ++at_;
  if (at('0')) {
    ++at_;
  } else if (!digits()) {
    return wrong(at_ == from ? "a value" : "a digit");
  }
  if (at('.')) {
    ++at_;
    if (!digits()) return wrong("a digit");
  }
  if (at('e') || at('E')) {
    ++at_;
    if (at('+') || at('-')) ++at_;
    if (!digits()) return wrong("a digit");
  }
  return after_value({Kind::number, document_.substr(from, at_ - from)});
}

bool JsonReader::string(std::string_view& raw) {
  const std::size_t from = ++at_;
  for (;;) {
    while (at_ < document_.size() && is_plain(document_[at_])) ++at_;
    if (at_ == document_.size()) {
      expected_ = "a closing quotation mark";
      return false;
    }
    const char c = document_[at_];
    if (c == '"') break;
    if (c == '\\') {
      if (!escape()) return false;
      continue;
    }
    const std::size_t length = utf8_length(document_.substr(at_));
    if (length < 2) {
      expected_ = static_cast<unsigned char>(c) < 0x20 ? "an escaped control character" : "UTF-8";
      return false;
    }
    at_ += length;
  }
  raw = document_.substr(from, at_ - from);
  ++at_;
  return true;
}

bool JsonReader::escape() {
  constexpr std::size_t hex_digits = 4;
  ++at_;
  expected_ = R"(one of "\/bfnrtu after \)";
  if (at_ == document_.size()) return false;
  const char kind = document_[at_];
  if (kind != 'u') {
    if (std::string_view(R"("\/bfnrt)").find(kind) == std::string_view::npos) return false;
    ++at_;
    return true;
  }
  ++at_;
  for (std::size_t i = 0; i < hex_digits; ++i, ++at_) {
    const std::string_view digit = document_.substr(at_, 1);
    if (!to_number<unsigned>(digit, hexadecimal)) {
      expected_ = "four hexadecimal digits after \\u";
      return false;
    }
  }
  return true;
}

void JsonReader::skip_blanks() {
  while (at_ < document_.size()) {
    const char c = document_[at_];
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return;
    ++at_;
  }
}

namespace {

/// At most four bytes.
struct Piece {
  std::array<char, 4> bytes{};
  std::size_t size = 0;
  void add(std::uint32_t byte) { bytes[size++] = static_cast<char>(byte); }
};

Piece encoded(std::uint32_t point) {
  Piece piece;
  if (point < 0x80) {
    piece.add(point);
  } else if (point < 0x800) {
    piece.add(0xc0 | point >> 6);
    piece.add(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    piece.add(0xe0 | point >> 12);
    piece.add(0x80 | (point >> 6 & 0x3f));
    piece.add(0x80 | (point & 0x3f));
  } else {
    piece.add(0xf0 | point >> 18);
    piece.add(0x80 | (point >> 12 & 0x3f));
    piece.add(0x80 | (point >> 6 & 0x3f));
    piece.add(0x80 | (point & 0x3f));
  }
  return piece;
}

/// Of "\uXXXX" at the start of `raw`, if that is there.
std::optional<std::uint32_t> unit(std::string_view raw) {
  constexpr std::size_t length = 6;
  if (raw.size() < length || !raw.starts_with("\\u")) return {};
  return to_number<std::uint32_t>(raw.substr(2, 4), hexadecimal);
}

/// Takes the next byte or escape off `raw`, which is not empty and was read by a JsonReader.
Piece take(std::string_view& raw) {
  Piece piece;
  if (raw.front() != '\\') {
    piece.add(static_cast<unsigned char>(raw.front()));
    raw.remove_prefix(1);
    return piece;
  }
  if (const auto first = unit(raw)) {
    raw.remove_prefix(6);
    const auto second = unit(raw);
    const bool pair =
        *first >= 0xd800 && *first < 0xdc00 && second && *second >= 0xdc00 && *second < 0xe000;
    if (!pair) return encoded(*first);
    raw.remove_prefix(6);
    return encoded(0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00));
  }
  constexpr std::string_view escapes = "bfnrt", meant = "\b\f\n\r\t";
  const char kind = raw[1];
  const auto which = escapes.find(kind);
  piece.add(static_cast<unsigned char>(which == std::string_view::npos ? kind : meant[which]));
  raw.remove_prefix(2);
  return piece;
}

}  // namespace

bool means(std::string_view raw, std::string_view text) {
  if (raw.find('\\') == std::string_view::npos) return raw == text;
  while (!raw.empty()) {
    const Piece piece = take(raw);
    if (!text.starts_with(std::string_view(piece.bytes.data(), piece.size))) return false;
    text.remove_prefix(piece.size);
  }
  return text.empty();
}

std::string meaning(std::string_view raw) {
  std::string text;
  while (!raw.empty()) {
    const Piece piece = take(raw);
    text.append(piece.bytes.data(), piece.size);
  }
  return text;
}

}  // namespace unrig::http
