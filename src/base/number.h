/// \file
/// Numbers in texts that programs and kernels write. What people write has units or limits:
/// base/units.h, base/limits.h.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace unrig {

inline constexpr int hexadecimal = 16;

/// The number that `text` is from its first character to its last: no blanks, no "+". Empty when it
/// is none, or one that does not fit. `base`: of whole numbers alone.
template <class Number>
[[nodiscard]] std::optional<Number> to_number(std::string_view text, int base = 10) {
  Number value{};
  const char* end = text.data() + text.size();
  std::from_chars_result read{};
  if constexpr (std::is_integral_v<Number>) {
    read = std::from_chars(text.data(), end, value, base);
  } else {
    read = std::from_chars(text.data(), end, value);
  }
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return value;
}

/// The number that `text` begins with, whatever follows. Empty as above.
template <class Number>
[[nodiscard]] std::optional<Number> leading_number(std::string_view text) {
  Number value{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{}) return std::nullopt;
  return value;
}

/// Fills `into` with the last decimal digits of the number, zeros in front.
inline void write_digits(std::span<char> into, std::uint64_t value) {
  constexpr unsigned base = 10;
  for (std::size_t i = into.size(); i > 0; --i) {
    into[i - 1] = static_cast<char>('0' + value % base);
    value /= base;
  }
}

}  // namespace unrig
