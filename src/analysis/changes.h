/// \file
/// What one change of a setting does to a stack: cells that differ from the asked one by it, beside
/// that one in the same blocks. Pure.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"
#include "stats/interval.h"
#include "stats/standing.h"

namespace unrig::analysis {

/// A changed cell over the cell as it was asked for.
struct Change {
  std::string label;    ///< of the changed cell
  record::Pairs knobs;  ///< what is changed, as TOML
  std::string text;     ///< "proxy.enabled=false"
  /// Ratios, NaN without a common block: requests per second; median response time; CPU time of the
  /// chain's parts per request.
  stats::Estimate throughput, p50, cpu;
  stats::Standing standing = stats::Standing::undecided;  ///< of the throughput
};

struct Changes {
  std::string of;            ///< label of the cell as it was asked for
  double confidence = 0.95;  ///< with which the intervals of one figure hold together
  std::vector<Change> changes;
  /// "flask-gunicorn serves 1.31 times as many requests/s with db.connection=pooled; …"
  std::string sentence;
};

/// Those of the run's baseline, in the plan's order; none where nothing was changed. The error of
/// 5 % is shared equally between the changes (Bonferroni).
[[nodiscard]] Changes changes_of(const record::Run& run);

}  // namespace unrig::analysis
