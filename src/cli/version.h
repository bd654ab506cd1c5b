/// \file
/// Which unrig this is.
#pragma once

#include <string_view>

namespace unrig::cli {

[[nodiscard]] std::string_view version();  ///< "0.1.0"
[[nodiscard]] std::string_view commit();   ///< of git, with "-dirty"; "unknown" outside of it

}  // namespace unrig::cli
