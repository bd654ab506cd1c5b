/// \file
/// The times of one load as figures, each with what can be said of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stats/histogram.h"
#include "tally/tally.h"

namespace unrig::record {

/// One figure, microseconds.
struct Figure {
  enum class Kind {
    known,
    at_least,   ///< it is longer than `us`: too many had no answer
    few_values  ///< too few values for such a quantile (stats/support.h); `us` is where it would be
  };
  double us = 0;
  Kind kind = Kind::known;
  [[nodiscard]] bool known() const { return kind == Kind::known; }
};

/// Of all requests of which the time is to be told: those that ended with an answer, and those that
/// had none, which are known to have waited for so long at least.
struct Times {
  Figure mean, p50, p90, p95, p99, p999, max;
  std::uint64_t count = 0;
  std::uint64_t unanswered = 0;  ///< of them
};
[[nodiscard]] Times times(const stats::Histogram& answered);
[[nodiscard]] Times times(const stats::Histogram& answered, const stats::Histogram& unanswered);

/// A closed loop asks nothing while it waits. What a gap in all answers kept from being asked, and
/// the response times with it.
struct Gap {
  double seconds = 0;
  Times corrected;
};

/// Some seconds of a load, put together.
struct SeriesRow {
  double from_s = 0, length_s = 0;  ///< since the start, warm-up included
  std::uint64_t issued = 0, completed = 0, failed = 0;
  Figure p50, p90, p99;  ///< response times of those that completed within it
};
/// In rows of `seconds` each. The last one may be shorter, and ends with the last event.
[[nodiscard]] std::vector<SeriesRow> series_rows(const std::vector<tally::Second>& series,
                                                 std::size_t seconds);

}  // namespace unrig::record
