/// \file
/// A comparison for programs: the record unrig.compare/1 (docs/output.md, docs/schema/).
#pragma once

#include <string>

#include "analysis/comparison.h"
#include "record/json.h"
#include "record/record.h"

namespace unrig::report {

/// Of two cells of one run.
[[nodiscard]] record::Json comparison_json(const analysis::Comparison& comparison,
                                           const record::Manifest& manifest);

/// Of two stored runs, `a` and `b` by name, with one entry per common cell.
[[nodiscard]] record::Json comparison_json(const analysis::RunComparison& comparison,
                                           const std::string& a, const std::string& b,
                                           double margin);

}  // namespace unrig::report
