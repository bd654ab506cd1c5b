/// \file
/// Bytes as text (RFC 4648). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace unrig {

[[nodiscard]] std::string to_base64(std::string_view bytes);

/// Empty when it is no base64.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace unrig
