#include "chain/row.h"

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "base/number.h"

namespace unrig::chain {
namespace {

constexpr std::size_t b_digits = 20;
static_assert(row_shape.substr(a_at).find('"') == key_digits);
static_assert(row_shape.substr(b_at).find('"') == b_digits);

// Modulo 2^64, as unsigned arithmetic is. The constants are those of Knuth's MMIX generator.
std::uint64_t known_b(std::uint32_t a) {
  constexpr std::uint64_t multiplier = 6364136223846793005U, increment = 1442695040888963407U;
  return a * multiplier + increment;
}

/// SipHash-2-4 of the four bytes of one number, the lowest first.
class SipHash {
 public:
  SipHash(std::uint64_t first, std::uint64_t second)
      : v0_(first ^ 0x736f6d6570736575U),
        v1_(second ^ 0x646f72616e646f6dU),
        v2_(first ^ 0x6c7967656e657261U),
        v3_(second ^ 0x7465646279746573U) {}

  [[nodiscard]] std::uint64_t of(std::uint32_t number) {
    // The last word has the length in its highest byte; of four bytes it is the only one.
    constexpr std::uint64_t length = std::uint64_t{sizeof number} << 56U;
    const std::uint64_t word = length | number;
    v3_ ^= word;
    mix(2);
    v0_ ^= word;
    v2_ ^= 0xffU;
    mix(4);
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void mix(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      v0_ += v1_;
      v1_ = std::rotl(v1_, 13) ^ v0_;
      v0_ = std::rotl(v0_, 32);
      v2_ += v3_;
      v3_ = std::rotl(v3_, 16) ^ v2_;
      v0_ += v3_;
      v3_ = std::rotl(v3_, 21) ^ v0_;
      v2_ += v1_;
      v1_ = std::rotl(v1_, 17) ^ v2_;
      v2_ = std::rotl(v2_, 32);
    }
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

bool is_row(std::string_view body, std::uint32_t a, const RowRule& rule) {
  std::array<char, row_shape.size()> right{};
  std::ranges::copy(row_shape, right.begin());
  const std::span<char> bytes(right);
  write_digits(bytes.subspan(a_at, key_digits), a);
  write_digits(bytes.subspan(b_at, b_digits), rule.b(a));
  return body == std::string_view(right.data(), right.size());
}

}  // namespace

std::optional<RowRule> RowRule::of_secret(std::string_view secret) {
  if (secret.size() != 2 * row_secret_bytes) return std::nullopt;
  const auto first = to_number<std::uint64_t>(secret.substr(0, row_secret_bytes), hexadecimal);
  const auto second = to_number<std::uint64_t>(secret.substr(row_secret_bytes), hexadecimal);
  if (!first || !second) return std::nullopt;
  return RowRule(Key{.first = *first, .second = *second});
}

std::uint64_t RowRule::b(std::uint32_t a) const {
  return key_ ? SipHash(key_->first, key_->second).of(a) : known_b(a);
}

std::string row_b(std::uint32_t a, const RowRule& rule) {
  std::string b(b_digits, '0');
  write_digits(b, rule.b(a));
  return b;
}

bool body_is_right(std::string_view body, std::optional<std::uint32_t> key, const RowRule& rule) {
  if (body.size() != row_shape.size()) return false;
  const auto a = key ? key : to_number<std::uint32_t>(body.substr(a_at, key_digits));
  return a && *a < row_count && is_row(body, *a, rule);
}

}  // namespace unrig::chain
