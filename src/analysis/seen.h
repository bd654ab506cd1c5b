/// \file
/// What earlier runs of the same cells found: how far runs lie apart. Pure.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analysis/comparison.h"
#include "analysis/summary.h"
#include "record/record.h"

namespace unrig::analysis {

/// Whether the runs measured under the same conditions: knobs and host, and so machine, kernel and
/// their settings. Which cells they have in common is another question.
[[nodiscard]] bool same_conditions(const record::Manifest& a, const record::Manifest& b);

/// Gives every row of the summary what those of `earlier` that are of the same cell (stack, files,
/// lock, number of workers, settings of its own), with the same baseline, found of its ratio. Runs
/// under other conditions are left out.
void add_seen(Summary& summary, const record::Run& run, std::span<const record::Run> earlier);

/// The same of two cells of `run`, whatever the baseline of the earlier runs was.
void add_seen(Comparison& comparison, const record::Run& run, std::span<const record::Run> earlier);

}  // namespace unrig::analysis
