/// \file
/// What disturbed the trials of a run, what would help, and what the disturbed trials say all the
/// same. Pure: records in, findings out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/figures.h"
#include "record/disturbance.h"
#include "record/record.h"
#include "stats/interval.h"

namespace unrig::analysis {

/// Who disturbed, over the trials that were only disturbed or only unsteady.
struct Noise {
  int disturbed = 0;                   ///< trials
  int unsteady = 0;                    ///< trials
  std::optional<record::Cause> cause;  ///< of most of the disturbed ones; of equals the first seen
  std::string program;                 ///< that took most, where the cause is programs
  std::string text;  ///< "other programs used 52 % of the CPU time, most of it cc1"
};
/// Of one block, or of the whole run (0).
[[nodiscard]] Noise noise_of(const record::Run& run, int block = 0);

/// What ends the noise of one cause, best a command. `program`: that which took most; may be empty.
[[nodiscard]] std::string remedy(record::Cause cause, const std::string& program);

/// What can be done while the run waits, derived from the cause; one line each.
[[nodiscard]] std::vector<std::string> advice_while_waiting(const record::Run& run, int block);

/// What can be typed after a run in which a cell has too few trials that count for an interval, or
/// nothing where noise is not to blame for that. One line each.
[[nodiscard]] std::vector<std::string> advice_after(const record::Run& run);

/// Figures of a cell none of whose trials counts, from those that were only disturbed. They have no
/// rank. Their intervals are wider than the scatter of the trials: they reach as far as the CPU
/// time that others took could have moved the figure.
struct DisturbedFigures {
  int trials = 0;
  stats::Estimate throughput_per_s;
  stats::Estimate ratio;  ///< to the baseline, over blocks in which both count or were disturbed
  stats::Estimate p50_us, p99_us;
  std::optional<int> sessions_max = {};  ///< not set: none of them could read it
  std::optional<double> cpu_us_per_request = {};
  record::Limiter limiter;
};
/// Not set where a trial of the cell counts, or none was only disturbed.
[[nodiscard]] std::optional<DisturbedFigures> disturbed_figures(const record::Run& run,
                                                                const record::Cell& cell);

/// Throughput of A over B from blocks in which both count or were only disturbed, with an interval
/// as wide as that of DisturbedFigures. NaN where there is no such block.
[[nodiscard]] stats::Estimate disturbed_ratio(const record::Run& run, const std::string& a,
                                              const std::string& b);

}  // namespace unrig::analysis
