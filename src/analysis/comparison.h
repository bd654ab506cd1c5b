/// \file
/// One cell against another: a ratio, how sure it is, one sentence. Pure: records in, findings out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/differences.h"
#include "analysis/summary.h"
#include "record/record.h"
#include "stats/interval.h"
#include "stats/standing.h"

namespace unrig::analysis {

/// What can be said of A over B. Ratios are estimated on the log scale, from blocks in which both
/// have a valid trial (confirmation left out); empty of estimate (NaN) where there is none.
struct Comparison {
  Row a, b;
  stats::Estimate ratio;      ///< of throughputs: above 1, A serves more
  stats::Estimate p50_ratio;  ///< of response times: below 1, A answers sooner
  stats::Estimate p99_ratio;
  /// Of P99 beside clients / throughput, which in a closed loop is the mean response time (Little's
  /// law): 1 where P99 says what the throughput says already. NaN in an open loop.
  stats::Estimate p99_beyond = stats::ratio_interval({});
  /// The ratio with the interval that holds together with those of the other cells of two runs;
  /// of two stacks it is the ratio.
  stats::Estimate ratio_together = stats::ratio_interval({});
  std::optional<bool> ratio_comparable;  ///< the same limiter on both sides; not set: not known
  std::optional<bool> equal_work;        ///< as many statements per request; not set: not known
  /// As Summary has it; of two runs the larger one that either showed within itself.
  std::optional<stats::Likeness> likeness = {};
  std::optional<double> unseen_window_seconds = {};  ///< as Summary has it
  std::optional<Seen> seen = {};  ///< not set: no earlier run of the two, or two stored runs
  int blocks = 0;                 ///< that the ratios are made of; of two runs, the smaller number
  double margin = 0.02;           ///< relative difference below which two count as equivalent
  /// By ratio_together; not set: invalid, nothing can be compared.
  std::optional<stats::Standing> standing;
  std::optional<stats::Estimate> noise_floor;  ///< ratio of B to its double, where it has one
  /// Where no block counts: of blocks in which both were at least disturbed only. No standing.
  std::optional<stats::Estimate> disturbed_ratio;
  /// Both limiters are confirmed, and they differ: the answer is one of these settings alone.
  bool configuration_dependent = false;
  std::vector<std::string> advice;  ///< what can be typed where others disturbed too much
  std::vector<record::JudgedGate> gates = {};  ///< as Summary has them; of two stored runs none
  /// "A serves 1980 requests/s and B 508: 3.9 times [3.8, 4.0] as many; 12 blocks."
  std::string sentence;
};

/// Two cells of one run, by their labels, which must be in its manifest. Paired by block: what a
/// block did to both cancels. Two cells of the same stack and vintage are an A/A test.
[[nodiscard]] Comparison compare(const record::Run& run, const std::string& a,
                                 const std::string& b);

/// "faster", "slower", "equivalent", "undecided" or "invalid", whatever limits the two.
[[nodiscard]] std::string_view standing_text(const Comparison& comparison);

/// The same or, where it is decided and configuration_dependent, "configuration-dependent".
[[nodiscard]] std::string_view verdict_text(const Comparison& comparison);

/// A ratio with as many decimals as its interval deserves: "3.9"; "-" where there is none.
[[nodiscard]] std::string estimate_text(const stats::Estimate& ratio);
/// "[3.8, 4.0]", with the same decimals; "-" without an interval.
[[nodiscard]] std::string interval_text(const stats::Estimate& ratio);

/// The cells that two runs have in common (same stack, vintage and settings of their own), each
/// over itself.
struct RunComparison {
  std::vector<Comparison> cells;  ///< in A's order
  std::vector<Difference> differences;
  std::string sentence;
};

/// Run A over run B. Their blocks are not paired, because they ran at different times: intervals
/// are Welch's, on the logarithms of each run's valid trials; each cell has one at 95 % by itself,
/// and one that holds together with those of the others (Bonferroni), which its standing is of.
/// What changed between the two times is in the ratio, and not in the interval.
[[nodiscard]] RunComparison compare_runs(const record::Run& a, const record::Run& b, double margin);

/// "a is limited by cpu, b by workers: …", what makes a ratio depend on machine and settings; empty
/// where both are bounded by the same thing, or one limiter is not known.
[[nodiscard]] std::string limits_text(const Row& a, const Row& b);

}  // namespace unrig::analysis
