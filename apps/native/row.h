/// \file
/// The row that a request asks for, and the bytes that it answers: the same for every stack.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace application {

struct Row {
  std::int32_t a = 0;
  std::string b;
};

/// Rows of the table: their `a` are 0 to this less 1.
inline constexpr std::int32_t rows = 1'000'000;

/// The one statement, with the driver's placeholders.
[[nodiscard]] const char* statement(bool sleeps);

/// The row that a request names in its query, "?a=0000000123"; where it names none, one of the
/// application's own choice. Throws std::invalid_argument on what is no number. Safe to call from
/// several threads.
[[nodiscard]] std::int32_t key(std::optional<std::string_view> asked);

/// A row by the rule that is known, without a database: what all but that costs.
[[nodiscard]] Row made_up(std::int32_t a);

/// 48 bytes, whatever the row.
[[nodiscard]] std::string body(const Row& row);

}  // namespace application
