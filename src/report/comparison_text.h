/// \file
/// A comparison for people: the sentence first, then what it rests on.
#pragma once

#include <string>

#include "analysis/comparison.h"
#include "record/record.h"
#include "report/look.h"

namespace unrig::report {

/// Of two cells of one run: the sentence, both rows, the response times' ratios, the noise floor
/// where there is one, what does not count, and where the run is found again.
[[nodiscard]] std::string comparison_text(const analysis::Comparison& comparison,
                                          const record::Manifest& manifest, const Look& look = {});

/// Of two stored runs: the sentence, one line per common cell, what differs between the runs, what
/// does not count. `a` and `b` are the runs' names.
[[nodiscard]] std::string comparison_text(const analysis::RunComparison& comparison,
                                          const std::string& a, const std::string& b,
                                          const Look& look = {});

}  // namespace unrig::report
