/// \file
/// Parts of a line about one cell, as every table has them.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "analysis/summary.h"

namespace unrig::report {

/// Microseconds as milliseconds with three digits: "44.9"; "-" for what is not known (NaN).
[[nodiscard]] std::string milliseconds(double us);

/// As many decimals as asked for; "-" for what is not known.
[[nodiscard]] std::string known(const std::optional<double>& value, int decimals = 0);

/// "valid", or how many trials count: "2 of 3 valid"; or why none can. Behind it ", unproven" where
/// a claim of its stack could not be checked, and the run accepts that.
[[nodiscard]] std::string validity_text(const analysis::Row& row);

/// One line per figure that could not be read, with the reason; the names of the cells only where
/// it is not all of them. Empty where everything was read.
[[nodiscard]] std::string not_checked(std::span<const analysis::Row> rows);

}  // namespace unrig::report
