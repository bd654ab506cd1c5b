/// \file
/// What the table holds, and so what a right answer is. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace unrig::chain {

/// The table `test`: a = 0 … row_count-1, b = 20 digits of (a * row_multiplier + row_increment)
/// mod 2^64.
inline constexpr std::uint32_t row_count = 1'000'000;
inline constexpr std::uint64_t row_multiplier = 6364136223846793005U;
inline constexpr std::uint64_t row_increment = 1442695040888963407U;

/// Digits of `a`, where an answer has it and where a request names it.
inline constexpr std::size_t key_digits = 10;

/// The body of an answer, in which a 0 stands for any digit, and where the digits are in it.
inline constexpr std::string_view row_shape = R"({"a": "0000000000", "b": "00000000000000000000"})";
inline constexpr std::size_t a_at = row_shape.find('0');
inline constexpr std::size_t b_at = row_shape.find('0', a_at + key_digits);

/// b of the row that has `a`.
[[nodiscard]] std::string row_b(std::uint32_t a);
/// Whether it is {"a": "0000000123", "b": "…"} of the row `key`, or where there is none of any row.
/// Allocates nothing.
[[nodiscard]] bool body_is_right(std::string_view body, std::optional<std::uint32_t> key = {});

}  // namespace unrig::chain
