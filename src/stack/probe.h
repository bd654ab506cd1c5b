/// \file
/// One small HTTP request, to see whether a server answers. Not for measuring.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace unrig::stack {

/// GET `path` from 127.0.0.1:`port` on a connection of its own; the status of the answer once all
/// of it has come. Error: environment: refused, closed early, no HTTP, or not done within `limit`.
[[nodiscard]] Result<int> get_status(int port, std::string_view path, const Clock& clock,
                                     Duration limit);

}  // namespace unrig::stack
