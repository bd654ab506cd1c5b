/// \file
/// The interval log of HdrHistogram (`.hlog`, version 1.3): one histogram per line, in its
/// compressed V2 encoding. Pure: text in, text out. Reading is safe on hostile text: what is held
/// at a time is one histogram and at most 1 MiB of its counts.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"
#include "stats/histogram.h"

namespace unrig::stats {

struct LogInterval {
  std::string tag;     ///< empty: none; without commas and line ends
  double start_s = 0;  ///< seconds after the start of the log
  double length_s = 0;
  Histogram histogram;
};

/// Version, start time and legend: the lines before the first interval.
[[nodiscard]] std::string hlog_head(WallTime start);
/// One line. Its maximum is in milliseconds, as others write it.
[[nodiscard]] std::string hlog_line(const LogInterval& interval);

/// Calls `each` with every interval in order; `unit` is what the log's values count, nanoseconds
/// unless the writer chose otherwise. Comments and legend are skipped; versions 1.2 and 1.3, or
/// none stated. Error: usage, with the line and what is wrong there; intervals before it were
/// passed on.
[[nodiscard]] Result<> read_hlog(std::string_view text,
                                 const std::function<void(const LogInterval&)>& each,
                                 Duration unit = Duration(1));

/// The compressed V2 encoding: a few kB of bytes, where a histogram in memory takes 264 KiB.
[[nodiscard]] std::string pack_histogram(const Histogram& histogram);
/// Base64 of it: "HISTF…".
[[nodiscard]] std::string encode_histogram(const Histogram& histogram);

/// What pack_histogram() gave. Also takes histograms of other ranges and digits; their values are
/// put into the slots here. Within a slot nothing is known, so minimum and maximum become its ends.
/// Error: usage.
[[nodiscard]] Result<Histogram> unpack_histogram(std::string_view bytes,
                                                 Duration unit = Duration(1));
/// The same from base64.
[[nodiscard]] Result<Histogram> decode_histogram(std::string_view base64,
                                                 Duration unit = Duration(1));

}  // namespace unrig::stats
