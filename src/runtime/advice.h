/// \file
/// The next step for somebody whose build has failed. Pure.
#pragma once

#include <string>
#include <string_view>

namespace unrig::runtime {

/// From the tool's last words; "" when they say nothing known.
[[nodiscard]] std::string advice_for_build(std::string_view log);

}  // namespace unrig::runtime
