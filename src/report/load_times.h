/// \file
/// The times of one load, for people and for programs.
#pragma once

#include <string>

#include "record/json.h"
#include "record/load_run.h"
#include "report/look.h"

namespace unrig::report {

/// "1.25 ms", "> 1.25 ms" where it is longer, "-" where there are too few values.
[[nodiscard]] std::string to_text(const record::Figure& figure);
[[nodiscard]] std::string time_text(double us);

/// A row for each time, and what a dash or a bound in them means.
[[nodiscard]] std::string times_text(const record::LoadRun& run, const Look& look);
/// What happened when: for a ramp, in at most twenty rows; "" for other loads.
[[nodiscard]] std::string series_text(const record::LoadRun& run);

/// A number, or null; then "missing" says why, and what is known.
[[nodiscard]] record::Json to_json(const record::Times& times);
[[nodiscard]] record::Json to_json(const std::optional<record::Gap>& gap);
/// One entry for each second.
[[nodiscard]] record::Json series_json(const record::LoadRun& run);

}  // namespace unrig::report
