/// \file
/// How the tables show trials that others disturbed, and what they advise.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "analysis/summary.h"
#include "record/record.h"

namespace unrig::report {

/// In front of a figure that comes from disturbed trials alone.
inline constexpr std::string_view disturbed_mark = "~";

/// The row with the figures of its disturbed trials in place of those that it lacks, to be marked;
/// nothing where it has none of either kind.
[[nodiscard]] std::optional<analysis::Row> with_disturbed_figures(const analysis::Row& row);

/// What the mark means, below a table; "" where no row needs it.
[[nodiscard]] std::string disturbed_note(const record::Manifest& manifest,
                                         std::span<const analysis::Row> rows);

/// Lines "help: …" on what can be typed, after a run that others disturbed; "" where nothing helps
/// or nothing has to.
[[nodiscard]] std::string noise_advice(const record::Run& run);

}  // namespace unrig::report
