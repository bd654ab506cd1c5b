/// \file
/// The byte classes of HTTP/1.1 (RFC 9110, section 5.6.2 and 5.5) and of JSON, without regard to
/// locale.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace unrig::http {

[[nodiscard]] constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

[[nodiscard]] constexpr char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

[[nodiscard]] constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Equal but for the case of ASCII letters.
[[nodiscard]] constexpr bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

namespace detail {
enum : unsigned char { token_bit = 1, value_bit = 2 };
inline constexpr auto classes = [] {
  std::array<unsigned char, 256> table{};
  for (int c = 0; c < 256; ++c) {
    const bool alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const bool mark = std::string_view("!#$%&'*+-.^_`|~").contains(static_cast<char>(c));
    const bool printing = c == '\t' || (c >= ' ' && c != 0x7f);
    table[c] = static_cast<unsigned char>((alphanumeric || mark ? token_bit : 0) |
                                          (printing ? value_bit : 0));
  }
  return table;
}();
}  // namespace detail

/// May stand in a method or a field name.
[[nodiscard]] constexpr bool is_token(char c) {
  return (detail::classes[static_cast<unsigned char>(c)] & detail::token_bit) != 0;
}
/// May stand in a field value or a reason phrase: all but control bytes; tabs may.
[[nodiscard]] constexpr bool is_value(char c) {
  return (detail::classes[static_cast<unsigned char>(c)] & detail::value_bit) != 0;
}

}  // namespace unrig::http
