/// \file
/// The parts of the wire audit that are no more than arithmetic: counts of relays and of strace in,
/// records out. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/tap.h"
#include "record/record.h"

namespace unrig::audit {

/// What a relay saw between two moments, per request.
[[nodiscard]] record::Hop hop_between(std::string from, std::string to, const TapCounts& before,
                                      const TapCounts& after, int requests);

/// Calls by name, the most frequent first, from the table that `strace -c` writes; lines that are
/// none of its rows are left out.
[[nodiscard]] std::vector<std::pair<std::string, double>> parse_strace(std::string_view table);

}  // namespace unrig::audit
