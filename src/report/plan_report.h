/// \file
/// What a run will do, before it does it: for people and as unrig.plan/1.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiment/forecast.h"
#include "record/json.h"
#include "record/record.h"

namespace unrig::report {

/// Cells, order, time and disk. `manifest` is that of the run to come.
struct Planned {
  const record::Manifest& manifest;
  const experiment::Forecast& forecast;
  const experiment::Cost& cost;
  std::optional<Duration> budget;
  /// Numbers of workers that are looked for before, unless they are stored: "workers.sync with
  /// STACK".
  std::vector<std::string> searches = {};
};

[[nodiscard]] std::string plan_text(const Planned& planned);
[[nodiscard]] record::Json plan_json(const Planned& planned);

}  // namespace unrig::report
