/// \file
/// From the trials of a run to one row per cell and one sentence. Pure: records in, findings out.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "record/record.h"
#include "stats/interval.h"
#include "stats/noise_floor.h"
#include "stats/pairs.h"
#include "stats/verdict.h"

namespace unrig::analysis {

/// What the valid trials of one cell say, those of confirmation blocks left out. Estimates are
/// geometric means over trials; ratios are paired by block, so that what a block did to all of them
/// cancels.
struct Row {
  record::Cell cell;
  bool is_double = false;  ///< the baseline once more, for the noise floor
  int trials = 0;
  int valid_trials = 0;
  stats::RankSet rank;        ///< places it can have among the ranked rows; all sets hold together
  std::size_t tie_group = 0;  ///< from 1: rows of one group cannot be told apart from its first
  stats::Estimate throughput_per_s;
  // Over the baseline's; NaN without a common valid block.
  stats::Estimate ratio = stats::ratio_interval({});  ///< throughput
  stats::Estimate p50_ratio = stats::ratio_interval({});
  stats::Estimate p99_ratio = stats::ratio_interval({});
  /// Mean of the trials' most sessions. Counts with a ceiling follow no formula: by bootstrap over
  /// blocks, and so without an interval below ten.
  stats::Estimate sessions_ratio = stats::ratio_interval({});
  stats::Verdict verdict = stats::Verdict::undecided;  ///< of the throughput's ratio
  stats::Estimate p50_us;
  stats::Estimate p99_us;
  // Not set: no valid trial could read it.
  std::optional<int> sessions_max;
  std::optional<double> sessions_mean;
  std::optional<double> cpu_us_per_request;     ///< of the chain, without the load generator
  record::Limiter limiter;                      ///< the most frequent one over the valid trials
  std::vector<std::string> reasons;             ///< why trials do not count, without repetition
  std::vector<record::NotChecked> not_checked;  ///< in at least one trial, without repetition
  /// Whether it can be held against others: it was measured, and is what it claims to be.
  [[nodiscard]] bool comparable() const { return valid_trials > 0 && cell.false_claims().empty(); }
  /// Whether it has a place in the table.
  [[nodiscard]] bool ranked() const { return comparable() && !is_double; }
};

struct Summary {
  /// Ranked ones first, the largest throughput ratio at the top; the others in the plan's order.
  std::vector<Row> rows;
  /// The fastest, and how sure that is: from its fresh blocks where there are any.
  std::string sentence;
  /// Throughput of the baseline over its double's, where the run has one: what means nothing.
  std::optional<stats::NoiseFloor> noise_floor;
};

[[nodiscard]] Summary summarize(const record::Run& run);

/// The ratio from one log difference per block of this run. Where the number of blocks followed
/// from the data, the interval allows for it.
[[nodiscard]] stats::Estimate ratio_of(const record::Run& run,
                                       std::span<const double> log_differences);

}  // namespace unrig::analysis
