/// \file
/// Reasons of one kind are told once, with the blocks that they are of.
#pragma once

#include <span>
#include <string>

#include "analysis/summary.h"

namespace unrig::report {

/// Why trials of these rows do not count, one line per kind: "  a, b: blocks 1-5, 7: other programs
/// used 20 to 75 % of the CPU time, most of it python3". Two reasons are of one kind where they
/// differ in figures alone, or in who used most; of answers that were wrong the first is shown. A
/// reason of several lines goes on further in.
[[nodiscard]] std::string does_not_count(std::span<const analysis::Row> rows);

}  // namespace unrig::report
