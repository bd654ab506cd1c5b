/// \file
/// Parts of a line about one cell, as every table has them.
#pragma once

#include <span>
#include <string>

#include "analysis/summary.h"

namespace unrig::report {

/// Microseconds as milliseconds with three digits: "44.9".
[[nodiscard]] std::string milliseconds(double us);

/// "valid", or how many trials count: "2 of 3 valid".
[[nodiscard]] std::string validity_text(const analysis::Row& row);

/// One line per reason why something of the cell does not count; empty where everything does.
[[nodiscard]] std::string does_not_count(const analysis::Row& row);
/// The same of many cells: a reason that several share is said once, with all their names.
[[nodiscard]] std::string does_not_count(std::span<const analysis::Row> rows);

}  // namespace unrig::report
