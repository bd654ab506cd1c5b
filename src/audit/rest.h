/// \file
/// When all that a request has set going between the parts of the chain is over.
#pragma once

#include <span>
#include <vector>

#include "audit/tap.h"
#include "base/clock.h"

namespace unrig::audit {

struct Resting {
  const Tap* tap = nullptr;
  bool kept = false;  ///< its connections stay open between requests
};

/// Connections end a little after the answer, and the pooler tidies up after that: waits until all
/// that are not kept have ended, no statement is under way, and for four turns of 25 ms nothing has
/// passed. One turn alone may be just the time that a busy machine gives to somebody else. Gives up
/// after three seconds. The counts then, in the order of `taps`.
[[nodiscard]] std::vector<TapCounts> counts_at_rest(std::span<const Resting> taps,
                                                    const Clock& clock);

}  // namespace unrig::audit
