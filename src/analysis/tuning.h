/// \file
/// How many workers serve a stack best: what the trials of several numbers say. Pure: records in,
/// findings out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/summary.h"
#include "record/record.h"
#include "stats/interval.h"

namespace unrig::analysis {

/// Whether the run measured one stack with different numbers of workers.
[[nodiscard]] bool is_tuning(const record::Manifest& manifest);

/// Numbers of workers that were tried, from `low` to `high`.
struct WorkerRange {
  int low = 0;
  int high = 0;
};

/// What a run with different numbers of workers found.
struct Tuning {
  std::string stack;
  std::string knob;  ///< that sets the number: "workers.sync"
  int own = 0;       ///< the baseline's, which is the scenario's where that was tried
  int best = 0;      ///< with the highest throughput
  WorkerRange tried;
  /// Throughput with `best` over that with `own`: from fresh blocks where there are any, because
  /// the best of many looks better than it is in the blocks that made it the best. 1 where they are
  /// the same, NaN where no block has both.
  stats::Estimate gain;
  std::size_t gain_blocks = 0;
  bool gain_is_fresh = false;
  double margin = 0;  ///< relative difference below which two numbers count as equivalent
  /// Numbers around `best` that are not surely slower than it by more than the margin. The number
  /// that is really the best is among all those with probability `confidence` at least. Not set
  /// where the blocks are too few for an interval.
  std::optional<WorkerRange> no_difference;
  /// Whether all of that range are surely within the margin of `best`.
  bool sure = false;
  double confidence = 0.95;
};

/// Empty when the run is no tuning, or nothing in it counts. `summary` is that of the run.
///
/// A number is slower when the one-sided interval of its ratio to the best lies below the margin,
/// at an error of 5 % shared equally between all comparisons (Bonferroni), so that the number that
/// is really the best is called slower than anything in one run of twenty at most, whichever number
/// looks best (Hsu 1981: multiple comparisons with the best).
[[nodiscard]] std::optional<Tuning> tuning_of(const record::Run& run, const Summary& summary);

/// What a short search among numbers of workers found.
struct Searched {
  int best = 0;                               ///< that serves most, of equals the fewest; 0: none
  std::vector<std::pair<int, double>> tried;  ///< workers, requests per second; rising
  /// Why the best cannot be relied on: others kept the machine busy, or a stack did not run. Empty:
  /// it can.
  std::string spoiled;
  std::string note = {};  ///< what makes the number less sure; mostly empty
};
/// Of a run that searches. Numbers that are less than the margin slower than the fastest are its
/// equals. Spoiled where no trial counts, or none of the next number above or below the best.
[[nodiscard]] Searched searched(const record::Run& run);

/// "workers, sync: 7 329/s, 14 644/s, 28 640/s: 14", with what is to be said of it.
[[nodiscard]] std::string to_text(const record::Tuned& tuned);

/// "machine.cpu 0.93: falcon-meinheld serves 1041/s [1022, 1060] of the 1046/s to be matched"
[[nodiscard]] std::string to_text(const record::Matched& matched);

/// The finding in words, with the option that makes the scenario use it.
[[nodiscard]] std::string to_text(const Tuning& tuning);

}  // namespace unrig::analysis
