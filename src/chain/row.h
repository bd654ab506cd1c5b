/// \file
/// What the table holds, and so what a right answer is. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace unrig::chain {

/// The table `test`: a = 0 … row_count-1, and to each its b, which a rule makes of it.
inline constexpr std::uint32_t row_count = 1'000'000;

/// Digits of `a`, where an answer has it and where a request names it.
inline constexpr std::size_t key_digits = 10;

/// The body of an answer, in which a 0 stands for any digit, and where the digits are in it.
inline constexpr std::string_view row_shape = R"({"a": "0000000000", "b": "00000000000000000000"})";
inline constexpr std::size_t a_at = row_shape.find('0');
inline constexpr std::size_t b_at = row_shape.find('0', a_at + key_digits);

/// Of a secret that makes a rule.
inline constexpr std::size_t row_secret_bytes = 16;

/// Which b belongs to which a.
class RowRule {
 public:
  /// The one that everybody may know, for applications that make their rows up:
  /// docs/application.md.
  [[nodiscard]] static RowRule known() { return RowRule(std::nullopt); }
  /// One of its own: who has no secret learns of no row from any number of others (SipHash-2-4,
  /// Aumasson and Bernstein 2012). `secret`: row_secret_bytes in hex, as random_secret() draws
  /// them. Empty: it is none.
  [[nodiscard]] static std::optional<RowRule> of_secret(std::string_view secret);

  /// All of its 64 bits.
  [[nodiscard]] std::uint64_t b(std::uint32_t a) const;

 private:
  struct Key {
    std::uint64_t first = 0, second = 0;
  };
  explicit RowRule(std::optional<Key> key) : key_(key) {}

  std::optional<Key> key_;  ///< not set: the known one
};

/// b of the row that has `a`, as the table holds it: 20 digits.
[[nodiscard]] std::string row_b(std::uint32_t a, const RowRule& rule);
/// Whether it is {"a": "0000000123", "b": "…"} of the row `key`, or where there is none of any row.
/// Allocates nothing.
[[nodiscard]] bool body_is_right(std::string_view body, std::optional<std::uint32_t> key,
                                 const RowRule& rule);

}  // namespace unrig::chain
