/// \file
/// From the trials of a run to one row per cell and one sentence. Pure: records in, findings out.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"
#include "stats/interval.h"

namespace unrig::analysis {

/// What the valid trials of one cell say. Estimates are geometric means over trials; ratios are
/// paired by block, so that what a block did to all of them cancels.
struct Row {
  record::Cell cell;
  int trials = 0;
  int valid_trials = 0;
  stats::Estimate throughput_per_s;
  stats::Estimate ratio;  ///< throughput over the baseline's; NaN without a common valid block
  stats::Estimate p50_us;
  stats::Estimate p99_us;
  int sessions_max = 0;
  double sessions_mean = 0;
  double cpu_us_per_request = 0;     ///< of the chain, without the load generator
  record::Limiter limiter;           ///< the most frequent one over the valid trials
  std::vector<std::string> reasons;  ///< why trials do not count, without repetition
  [[nodiscard]] bool ranked() const { return valid_trials > 0; }
};

struct Summary {
  std::vector<Row> rows;  ///< ranked ones by throughput, then the others in the plan's order
  std::string sentence;   ///< the fastest, and how sure that is
};

[[nodiscard]] Summary summarize(const record::Run& run);

/// ln(A) - ln(B) of the throughput in every block in which both labels have a valid trial.
[[nodiscard]] std::vector<double> log_differences(const record::Run& run, const record::Cell& a,
                                                  const record::Cell& b);

}  // namespace unrig::analysis
