/// \file
/// How a point of the contract is told: what every judge of one needs. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "record/check.h"

namespace unrig::audit {

/// Bytes as a text in which each can be seen: "GET /test\r\n". What is beyond `limit` bytes ends in
/// "...".
[[nodiscard]] std::string bytes_shown(std::string_view bytes, std::size_t limit = 80);

/// A point of which `expected` is demanded, or only recorded; nobody has looked yet.
[[nodiscard]] record::Point point_demanded(std::string point, std::string expected);
[[nodiscard]] record::Point point_recorded(std::string point, std::string expected);

/// \name What becomes of it
/// Of a point that is only recorded the first two are the same: nothing can fail.
/// @{
[[nodiscard]] record::Point point_kept(record::Point point, std::string observed);
/// `where`: on which bytes, or at which process; `help`: what to change.
[[nodiscard]] record::Point point_broken(record::Point point, std::string observed,
                                         std::string where, std::string help);
[[nodiscard]] record::Point point_open(record::Point point, std::string why);
/// @}

/// Those that fail become "not checked", with that reason: what they show is not the stack's doing.
/// Nothing where the reason is empty.
void excuse(std::span<record::Point> points, const std::string& why);

}  // namespace unrig::audit
