/// \file
/// From the trials of a run to one row per cell and one sentence. Pure: records in, findings out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/elasticity.h"
#include "analysis/later.h"
#include "analysis/leak.h"
#include "analysis/noise.h"
#include "record/gate.h"
#include "record/record.h"
#include "stats/interval.h"
#include "stats/neighbours.h"
#include "stats/noise_floor.h"
#include "stats/pairs.h"
#include "stats/standing.h"

namespace unrig::analysis {

/// What earlier runs of the same cell found of the same ratio.
struct Seen {
  int runs = 0;
  double low = 0, high = 0;  ///< of the runs' estimates
  int above = 0;             ///< runs whose estimate was above 1
};

/// What the valid trials of one cell say, those of confirmation blocks left out. Estimates are
/// geometric means over trials; ratios are paired by block, so that what a block did to all of them
/// cancels.
struct Row {
  record::Cell cell;
  bool is_double = false;  ///< the baseline once more, for the noise floor
  int trials = 0;
  int valid_trials = 0;     ///< that count: in a run that accepts noise disturbed ones, too
  int accepted_trials = 0;  ///< the disturbed ones among them
  /// What there is instead where no trial counts, if trials were disturbed. It has no rank.
  std::optional<DisturbedFigures> disturbed;
  stats::RankSet rank;        ///< places it can have among the ranked rows; all sets hold together
  std::size_t tie_group = 0;  ///< from 1: rows of one group cannot be told apart from its first
  stats::Estimate throughput_per_s;
  // Over the baseline's; NaN without a common valid block.
  stats::Estimate ratio = stats::ratio_interval({});  ///< throughput
  /// The same with the interval that holds together with those of all other rows.
  stats::Estimate ratio_together = stats::ratio_interval({});
  /// The smallest difference from the baseline, relative, that so wide an interval could have
  /// shown. Not set: there is no interval, or it is the baseline.
  std::optional<double> smallest_difference;
  /// Where there is none because no block counts on both sides: of those in which both count or
  /// were only disturbed, as far as that may have moved it.
  std::optional<stats::Estimate> disturbed_ratio;
  /// Whether the same limiter bounded both: else it is a ratio of two limits, and changes with the
  /// machine and the settings. Not set: one of the limiters is not known.
  std::optional<bool> ratio_comparable;
  std::optional<Seen> seen;  ///< not set: no earlier run of it
  stats::Estimate p50_ratio = stats::ratio_interval({});
  stats::Estimate p99_ratio = stats::ratio_interval({});
  /// Mean of the trials' most sessions, over the same mean of the baseline's: Fieller's interval
  /// over the common blocks, from ten of them on.
  stats::Estimate sessions_ratio = stats::ratio_interval({});
  /// Of the throughput's ratio; the standings of all rows hold together.
  stats::Standing standing = stats::Standing::undecided;
  // Not given (NaN) where a trial had too few requests for one to be a number worth saying; then
  // the ratio is not given either.
  stats::Estimate p50_us;
  stats::Estimate p99_us;
  std::string p50_missing, p99_missing;  ///< why; empty where it is given
  bool closed_loop = true;               ///< percentiles are of a closed loop
  /// That it runs per request, as the audit counted them. Not set: not counted.
  std::optional<double> statements;
  /// Whether that is what the baseline runs. Not set: one of the two was not counted.
  std::optional<bool> equal_work;
  // Not set: no valid trial could read it.
  std::optional<int> sessions_max;
  std::optional<double> sessions_mean;
  std::optional<double> cpu_us_per_request;  ///< of the chain, without the load generator
  /// The most frequent one over the valid trials or, where a perturbation says so, another one.
  record::Limiter limiter;
  std::optional<Later> later;                   ///< not set: no later trial counts
  std::optional<Leak> leak;                     ///< not set: none is seen
  std::vector<Elasticity> elasticities;         ///< of what was put to the test
  std::vector<std::string> reasons;             ///< why trials do not count, without repetition
  std::vector<record::NotChecked> not_checked;  ///< in at least one trial, without repetition
  std::vector<std::string> unproven;            ///< what it claims, and nobody could check
  bool as_claimed = true;                       ///< record::is_as_claimed()
  /// Whether it can be held against others: it was measured, and is what it claims to be.
  [[nodiscard]] bool comparable() const { return valid_trials > 0 && as_claimed; }
  /// Whether it has a place in the table.
  [[nodiscard]] bool ranked() const { return comparable() && !is_double; }
};

struct Summary {
  /// Ranked ones first, the largest throughput ratio at the top; the others in the plan's order.
  std::vector<Row> rows;
  /// The fastest, and how sure that is: from its fresh blocks where there are any.
  std::string sentence;
  /// What consecutive trials of a cell have in common; the intervals allow for it. Not set: not
  /// looked for, with fewer than eight blocks.
  std::optional<stats::Likeness> likeness;
  int blocks = 0;         ///< with a valid trial
  int compared_rows = 0;  ///< whose ratios to the baseline hold together
  /// Length of the windows that were too short to see a steady state. Not set: all were seen.
  std::optional<double> unseen_window_seconds;
  /// Ranked cells of which no later trial says whether they serve as many later.
  std::vector<std::string> unseen_later;
  /// Throughput of the baseline over its double's, where the run has one: what means nothing.
  std::optional<stats::NoiseFloor> noise_floor;
  std::vector<record::JudgedGate> gates;  ///< that the run was asked to keep, each of every cell
};

[[nodiscard]] Summary summarize(const record::Run& run);

/// Whether both rows were bounded by the same thing. Not set: that of one is not known.
[[nodiscard]] std::optional<bool> same_limiter(const Row& a, const Row& b);
/// Whether both run as many statements per request. Not set: not counted of one.
[[nodiscard]] std::optional<bool> same_work(const Row& a, const Row& b);

}  // namespace unrig::analysis
