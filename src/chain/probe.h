/// \file
/// One small HTTP request, to see whether a server answers. Not for measuring.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace unrig::chain {

struct Answer {
  int status = 0;
  std::string body;  ///< as it came: chunks are not put together
};

/// Whether a request got as far as the server.
struct Sent {
  bool whole = false;  ///< all of its bytes were taken by the kernel
};

/// Requests of unrig's own that read a row, and may count where the stack's do. What was sent and
/// not answered may still read it later.
struct Asked {
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;  ///< of them
};

/// GET `path` from 127.0.0.1:`port` on a connection of its own, which the server has to close.
/// Error: environment: refused, reset, no HTTP, or not done within `limit`.
[[nodiscard]] Result<Answer> get(int port, std::string_view path, const Clock& clock,
                                 Duration limit, Sent* sent = nullptr);

}  // namespace unrig::chain
