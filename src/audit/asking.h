/// \file
/// How long a look at a stack waits for an answer, and what is none. Inside this module only.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <string>

#include "base/text.h"
#include "base/units.h"
#include "chain/ask.h"

namespace unrig::audit {

inline constexpr Duration request_limit = std::chrono::seconds(10);

/// Why the answer is none, or has not the wanted status; "" where it has.
[[nodiscard]] inline std::string failure_of(const chain::Reply& reply, int wanted = 200) {
  if (!reply.complete()) return printable(reply.failure);
  return reply.status == wanted ? "" : fmt::format("status {}", reply.status);
}

}  // namespace unrig::audit
