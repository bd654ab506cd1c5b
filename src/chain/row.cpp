#include "chain/row.h"

#include <fmt/format.h>

#include <charconv>

namespace unrig::chain {

// Modulo 2^64, as unsigned arithmetic is. The constants are those of Knuth's MMIX generator.
std::string row_b(std::uint32_t a) {
  return fmt::format("{:020}", a * row_multiplier + row_increment);
}

bool body_is_right(std::string_view body) {
  constexpr std::string_view before_a = "{\"a\": \"";
  constexpr std::string_view before_b = "\", \"b\": \"";
  constexpr std::string_view behind_b = "\"}";
  constexpr std::size_t a_digits = 10;

  if (!body.starts_with(before_a)) return false;
  body.remove_prefix(before_a.size());
  if (body.size() < a_digits) return false;
  std::uint32_t a = 0;
  const char* const digits = body.data();
  const auto [end, error] = std::from_chars(digits, digits + a_digits, a);
  if (error != std::errc{} || end != digits + a_digits || a >= row_count) return false;
  body.remove_prefix(a_digits);
  if (!body.starts_with(before_b)) return false;
  body.remove_prefix(before_b.size());
  const auto b = row_b(a);
  return body.size() == b.size() + behind_b.size() && body.starts_with(b) &&
         body.ends_with(behind_b);
}

}  // namespace unrig::chain
