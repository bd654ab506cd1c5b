/// \file
/// What the figures of a table rest on, in lines below it: what intervals hold for, what was not
/// looked at, and what the marks of its rows mean.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "analysis/summary.h"

namespace unrig::report {

/// Head of a column of percentiles: "P99 ms (closed)" where the loop was.
[[nodiscard]] std::string percentile_head(const std::string& name,
                                          std::span<const analysis::Row> rows);

/// "!" where the row's limiter is not the baseline's, "+" where it does not run as many statements,
/// "?" where a claim of its stack could not be checked, "^" where it is not steady for longer than
/// it is measured; empty where the ratio compares like with like, or nothing is known.
[[nodiscard]] std::string marks_of(const analysis::Row& row);

/// A line for each mark that a row has. `baseline` is the row that ratios refer to.
[[nodiscard]] std::string marks_text(std::span<const analysis::Row> rows,
                                     const analysis::Row& baseline);

/// A line for each mark "^": how much more or less is served later, and what to do.
[[nodiscard]] std::string later_text(std::span<const analysis::Row> rows);

/// A line for each row that keeps memory of its requests.
[[nodiscard]] std::string leak_text(std::span<const analysis::Row> rows);

/// A line for each mark "?": what was ranked without proof.
[[nodiscard]] std::string unproven_text(std::span<const analysis::Row> rows);

/// Why percentiles are not given, a line for each kind.
[[nodiscard]] std::string missing_percentiles(std::span<const analysis::Row> rows);

/// What intervals are of, and what was not checked of them.
[[nodiscard]] std::string ground_text(const analysis::Summary& summary);
/// The same of any table: how many blocks, what neighbours have in common, and how long windows
/// were that were too short to see a steady state.
[[nodiscard]] std::string ground_text(int blocks, const std::optional<stats::Likeness>& likeness,
                                      const std::optional<double>& unseen_window_seconds);

/// "1.8 %": the smallest difference from 1 that a ratio with so wide an interval could have shown;
/// "" without one.
[[nodiscard]] std::string visible_text(const stats::Estimate& ratio);

/// "6.90 to 8.02 in 3": ratios of earlier runs; "-" without any.
[[nodiscard]] std::string seen_text(const std::optional<analysis::Seen>& seen);

}  // namespace unrig::report
