/// \file
/// A run for people: the article's columns, what does not count and why, one sentence.
#pragma once

#include <string>

#include "analysis/summary.h"
#include "record/record.h"

namespace unrig::report {

/// Table, the rows that are not ranked with their reasons, notes, the sentence.
[[nodiscard]] std::string run_text(const record::Run& run, const analysis::Summary& summary);

/// What the run was: scenario, load, phases, host, seed; of URLs without scenario and host. One to
/// three lines.
[[nodiscard]] std::string run_heading(const record::Manifest& manifest);

}  // namespace unrig::report
