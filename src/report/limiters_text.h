/// \file
/// What bounded each cell of a run, with what speaks for it and what else was looked at.
#pragma once

#include <string>
#include <vector>

#include "analysis/summary.h"

namespace unrig::report {

/// A paragraph for each row of which trials were measured, in the summary's order: the limiter with
/// its evidence, what is nearly used up beside it, and in one line each what is not and what could
/// not be looked at. Empty where there is none.
[[nodiscard]] std::string limiters_text(const analysis::Summary& summary);

/// A line for each change that put a limiter to the test, with the elasticity that it showed; ""
/// for none.
[[nodiscard]] std::string tests_text(const std::vector<analysis::Row>& rows);

}  // namespace unrig::report
