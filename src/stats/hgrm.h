/// \file
/// The percentile text of HdrHistogram (`.hgrm`), which its plotter and other load generators
/// share. Pure: text in, text out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "stats/histogram.h"

namespace unrig::stats {

/// The distribution with values as multiples of `unit`, three decimals. Each halving of the
/// distance to 100 % has `ticks` rows. Rows give a slot's upper end, `Max` the exact maximum.
/// unit and ticks > 0.
[[nodiscard]] std::string to_hgrm(const Histogram& histogram,
                                  Duration unit = std::chrono::microseconds(1), int ticks = 5);

/// A percentile text as it was read. The text does not say which unit its values have.
struct PercentileText {
  struct Row {
    double value = 0;
    double percentile = 0;          ///< 0 … 1
    std::uint64_t total_count = 0;  ///< of values up to this one
  };
  std::vector<Row> rows;  ///< none of the columns ever decreases
  double mean = 0;
  double standard_deviation = 0;
  double max = 0;
  std::uint64_t total_count = 0;
};

/// Takes the fourth column of the last row as missing, `inf` (as the C port writes) or `Infinity`.
/// Error: usage, with the line and what is wrong there.
[[nodiscard]] Result<PercentileText> parse_hgrm(std::string_view text);

}  // namespace unrig::stats
