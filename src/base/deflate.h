/// \file
/// zlib's compression of bytes in memory. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace unrig {

[[nodiscard]] std::string deflated(std::string_view bytes);

/// Empty when it is not zlib, or longer than `limit` bytes once inflated. Safe on hostile bytes: no
/// more than `limit` is ever held.
[[nodiscard]] std::optional<std::string> inflated(std::string_view bytes, std::size_t limit);

}  // namespace unrig
