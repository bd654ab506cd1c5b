/// \file
/// The one sentence of a run: what is the fastest, and how sure that is. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "analysis/summary.h"
#include "record/record.h"

namespace unrig::analysis {

/// `rows` as in a summary: the ranked ones first, the best one in front.
///
/// A row may be the fastest where its rank may be 1; with 95 % confidence the fastest is among
/// those, whichever it is. The first two are then told apart by their fresh blocks, where there are
/// any: they are new trials, so that the statement as a whole is wrong in one run of twenty at
/// most.
[[nodiscard]] std::string headline(const record::Run& run, const std::vector<Row>& rows);

/// "a, b and c"; of more than five the first four and how many more.
[[nodiscard]] std::string listed(std::span<const std::string> labels);

}  // namespace unrig::analysis
