/// \file
/// What the page of the HTML report shows, as one JSON document: the record unrig.run/1 of each
/// run, and what else was found of it. The page computes no statistics. docs/report.md.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "analysis/summary.h"
#include "record/json.h"
#include "record/record.h"

namespace unrig::report {

/// One run of a report. What it points to must outlive it.
struct Reported {
  const record::Run* run = nullptr;
  const analysis::Summary* summary = nullptr;       ///< of that run, with what earlier ones found
  std::map<std::string, record::Histograms> times;  ///< packed, of the trials of each cell's row
};

/// Several runs are also compared: each with the first one.
[[nodiscard]] record::Json page_data(std::span<const Reported> runs);

/// The trials as columns: {"count", "columns": {"response_us.p50": [one value per trial], …}}. A
/// column in which all are equal has {"all": value} in place of the list. Steps of 100 ms and
/// suspects are left out, and broken numbers have six significant digits: a tenth of the room.
/// `seconds` is
/// [[completed …], [mean_us …]] of each trial.
[[nodiscard]] record::Json trial_columns(std::span<const record::Trial> trials);

/// What has to be typed to measure the same again, in the same order.
[[nodiscard]] std::string repeat_command(const record::Manifest& manifest);

}  // namespace unrig::report
