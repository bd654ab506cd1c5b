/// \file
/// What must not reach a store, a record or a message: names and passwords within addresses.
#pragma once

#include <string>
#include <string_view>

namespace unrig {

/// Stands where a secret stood.
inline constexpr std::string_view hidden = "…";

/// The text with the user's name and password of every address in it hidden:
/// "http://name:word@host/" becomes "http://…@host/". Also without a scheme, where there is a
/// password ("name:word@host"), and for passwords that a URL could not have as they are.
[[nodiscard]] std::string without_credentials(std::string_view text);

}  // namespace unrig
