/// \file
/// Conducts a comparison of two URLs that somebody else runs: slices of load against both, in turn.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/measure.h"
#include "cli/options.h"

namespace unrig::cli {

/// Asks both for the answer that counts as theirs, then measures them in random order, block by
/// block. The cells are labelled by their URLs; the second is the baseline. Every trial is in the
/// store when it has ended. Error: of what comes before the first slice: usage, or measurement
/// where one of them gives no right answer.
[[nodiscard]] Result<Measured> measure_urls(const CommonOptions& common, const RunOptions& options,
                                            const LoadOptions& load, const std::string& a,
                                            const std::string& b);

}  // namespace unrig::cli
