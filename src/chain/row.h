/// \file
/// What the table holds, and so what a right answer is. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace unrig::chain {

/// The table `test`: a = 0 … row_count-1, b = 20 digits of (a * row_multiplier + row_increment)
/// mod 2^64.
inline constexpr std::uint32_t row_count = 1'000'000;
inline constexpr std::uint64_t row_multiplier = 6364136223846793005U;
inline constexpr std::uint64_t row_increment = 1442695040888963407U;

/// b of the row that has `a`.
[[nodiscard]] std::string row_b(std::uint32_t a);
/// Whether it is {"a": "0000000123", "b": "…"} of one of the rows.
[[nodiscard]] bool body_is_right(std::string_view body);

}  // namespace unrig::chain
