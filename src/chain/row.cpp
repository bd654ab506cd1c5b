#include "chain/row.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/number.h"

namespace unrig::chain {
namespace {

constexpr std::size_t b_digits = 20;
static_assert(row_shape.substr(a_at).find('"') == key_digits);
static_assert(row_shape.substr(b_at).find('"') == b_digits);

// Modulo 2^64, as unsigned arithmetic is. The constants are those of Knuth's MMIX generator.
std::uint64_t b_of(std::uint32_t a) {
  return a * row_multiplier + row_increment;
}

bool is_row(std::string_view body, std::uint32_t a) {
  std::array<char, row_shape.size()> right{};
  std::ranges::copy(row_shape, right.begin());
  const std::span<char> bytes(right);
  write_digits(bytes.subspan(a_at, key_digits), a);
  write_digits(bytes.subspan(b_at, b_digits), b_of(a));
  return body == std::string_view(right.data(), right.size());
}

}  // namespace

std::string row_b(std::uint32_t a) {
  std::string b(b_digits, '0');
  write_digits(b, b_of(a));
  return b;
}

bool body_is_right(std::string_view body, std::optional<std::uint32_t> key) {
  if (body.size() != row_shape.size()) return false;
  const auto a = key ? key : to_number<std::uint32_t>(body.substr(a_at, key_digits));
  return a && *a < row_count && is_row(body, *a);
}

}  // namespace unrig::chain
