/// \file
/// What the trials of a grid say: how every stack stands beside the baseline's at each setting, and
/// where one overtakes it. Pure: records in, findings out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/summary.h"
#include "record/record.h"
#include "stats/interval.h"
#include "stats/verdict.h"

namespace unrig::analysis {

/// One cell over the baseline's stack at the same setting.
struct GridRatio {
  std::string label;      ///< of the cell
  std::string name;       ///< "starlette-uvicorn", the same at every setting
  stats::Estimate ratio;  ///< of throughputs; NaN without a common valid block
  stats::Estimate alone;  ///< the same at 95 % by itself: what the run's precision is asked of
  /// Not set: one of the two does not count. All verdicts of a grid hold together.
  std::optional<stats::Verdict> verdict;
};

struct GridSetting {
  record::Pairs knobs;  ///< every varied one, with its value as TOML
  std::string text;     ///< "db.delay=10ms"
  std::vector<GridRatio> ratios;
};

/// Several stacks at several settings.
struct Grid {
  std::vector<std::string> knobs;     ///< that are varied
  std::string beside;                 ///< "flask-gunicorn": the baseline's stack
  double confidence = 0.95;           ///< with which all intervals hold together
  std::vector<GridSetting> settings;  ///< in the plan's order
  /// Per stack: "starlette-uvicorn overtakes flask-gunicorn between db.delay=10ms and …".
  std::string sentence;
};

/// The knobs that the run varies, in the plan's order; none where it has no grid.
[[nodiscard]] std::vector<std::string> varied_knobs(const record::Manifest& manifest);

/// Not set where the run has no grid or only one stack: then the table says all. `summary` is that
/// of the run. The error of 5 % is shared equally between all comparisons (Bonferroni): nothing is
/// chosen out of many, and no fresh blocks are needed.
[[nodiscard]] std::optional<Grid> grid_of(const record::Run& run, const Summary& summary);

}  // namespace unrig::analysis
