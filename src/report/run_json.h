/// \file
/// A run for programs: the record unrig.run/1 (docs/output.md, docs/schema/).
#pragma once

#include "analysis/summary.h"
#include "record/json.h"
#include "record/record.h"

namespace unrig::report {

[[nodiscard]] record::Json run_json(const record::Run& run, const analysis::Summary& summary);

/// The same without `trials`, for who keeps them in another form.
[[nodiscard]] record::Json run_json_without_trials(const record::Run& run,
                                                   const analysis::Summary& summary);

/// {"runs", "low", "high"} of earlier runs; null without any.
[[nodiscard]] record::Json to_json(const std::optional<analysis::Seen>& seen);

/// {"found", "correlation", "conclusive"} of consecutive trials; null where it was not looked for.
[[nodiscard]] record::Json to_json(const std::optional<stats::Likeness>& likeness);
/// [{"what", "why"}]: the figures of its trials that could not be read.
[[nodiscard]] record::Json not_checked_json(const analysis::Row& row);

/// The limiter, and `elasticities`: what putting it to the test has shown.
[[nodiscard]] record::Json limiter_json(const analysis::Row& row);

/// {"estimate", "low", "high", "confidence"}; null where there is no figure.
[[nodiscard]] record::Json to_json(const stats::Estimate& estimate);

}  // namespace unrig::report
