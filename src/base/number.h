/// \file
/// Numbers in texts that programs and kernels write. What people write has units or limits:
/// base/units.h, base/limits.h.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace unrig {

/// The number that `text` is from its first character to its last: no blanks, no "+". Empty when it
/// is none, or one that does not fit.
template <class Number>
[[nodiscard]] std::optional<Number> to_number(std::string_view text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
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

}  // namespace unrig
