/// \file
/// Names for content: what a run was made of stands in its manifest by hash.
#pragma once

#include <string>
#include <string_view>

namespace unrig {

/// SHA-256 as 64 lower-case hex digits.
[[nodiscard]] std::string sha256(std::string_view content);

}  // namespace unrig
