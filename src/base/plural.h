/// \file
/// Numbers of things in words. Pure.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>

namespace unrig {

/// "1 stack", "2 stacks": of a noun that takes an s.
[[nodiscard]] std::string counted(std::integral auto number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

}  // namespace unrig
