#include "stats/hgrm.h"

#include <fmt/format.h>

#include <cassert>
#include <cmath>
#include <optional>

#include "base/number.h"
#include "base/text.h"

namespace unrig::stats {
namespace {

/// The next percentile to report, in percent: `ticks` steps to the middle of what is left to 100,
/// then as many to the middle of the rest. It always grows, and reaches 100 in the end.
double next_level(double level, int ticks) {
  const double halvings = std::floor(std::log2(100 / (100 - level))) + 1;
  const double next = level + 100 / (ticks * std::exp2(halvings));
  return next > level ? next : 100;  // the step is lost in rounding
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  while (!(line = trim(line)).empty()) {
    const std::size_t end = line.find_first_of(" \t");
    found.push_back(line.substr(0, end));
    line = end == std::string_view::npos ? std::string_view() : line.substr(end);
  }
  return found;
}

/// What stands behind `name` and "=" in a line such as "#[Max = 3, Total count = 4]".
std::optional<std::string_view> footer(std::string_view line, std::string_view name) {
  const std::size_t at = line.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  line = trim(line.substr(at + name.size()));
  if (!line.starts_with('=')) return std::nullopt;
  line.remove_prefix(1);
  return trim(line.substr(0, line.find_first_of(",]")));
}

/// Whether the line is a footer of this kind and was read.
template <class Number>
bool read_footer(std::string_view line, std::string_view name, Number& into) {
  const auto text = footer(line, name);
  const auto value = text ? to_number<Number>(*text) : std::nullopt;
  if (value) into = *value;
  return value.has_value();
}

bool is_header(std::string_view line) {
  return words(line) == words("Value Percentile TotalCount 1/(1-Percentile)");
}

/// Empty when it is no row.
std::optional<PercentileText::Row> row_of(std::string_view line) {
  const std::vector<std::string_view> columns = words(line);
  if (columns.size() != 3 && columns.size() != 4) return std::nullopt;
  const auto value = to_number<double>(columns[0]);
  const auto percentile = to_number<double>(columns[1]);
  const auto count = to_number<std::uint64_t>(columns[2]);
  if (!value || !percentile || !count) return std::nullopt;
  if (!std::isfinite(*value) || !(*percentile >= 0 && *percentile <= 1)) return std::nullopt;
  if (columns.size() == 4 && !to_number<double>(columns[3])) return std::nullopt;
  return PercentileText::Row{.value = *value, .percentile = *percentile, .total_count = *count};
}

bool decreases(const PercentileText::Row& from, const PercentileText::Row& to) {
  return to.value < from.value || to.percentile < from.percentile ||
         to.total_count < from.total_count;
}

std::unexpected<Error> fail_at(std::size_t line, std::string_view text, std::string_view why) {
  return fail(ErrorKind::usage,
              fmt::format("line {}: {}: {}", line, why, printable(text.substr(0, 80))));
}

}  // namespace

std::string to_hgrm(const Histogram& histogram, Duration unit, int ticks) {
  assert(unit > Duration(0) && ticks > 0);
  const auto scale = static_cast<double>(unit.count());
  const auto total = static_cast<double>(histogram.count());
  std::string text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
  double level = 0;
  std::uint64_t seen = 0;
  const auto counts = histogram.counts();
  for (std::size_t slot = 0; seen < histogram.count(); ++slot) {
    if (counts[slot] == 0) continue;
    seen += counts[slot];
    const double value = static_cast<double>(Histogram::highest_of(slot)) / scale;
    const double percentile = 100 * static_cast<double>(seen) / total;
    // The last slot has one row for its level and one for 100 %; a level that rounding brought to
    // 100 early ends the rows of the others.
    for (bool more = true; more && level < 100 && level <= percentile;) {
      text += fmt::format("{:12.3f} {:2.12f} {:10} {:14.2f}\n", value, level / 100, seen,
                          1 / (1 - level / 100));
      level = next_level(level, ticks);
      more = seen < histogram.count();
    }
    if (seen == histogram.count()) {
      text += fmt::format("{:12.3f} {:2.12f} {:10}\n", value, 1.0, seen);
    }
  }
  text += fmt::format("#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]\n",
                      histogram.mean_ns() / scale, histogram.standard_deviation_ns() / scale);
  text += fmt::format("#[Max     = {:12.3f}, Total count    = {:12}]\n",
                      static_cast<double>(histogram.max().count()) / scale, histogram.count());
  text += fmt::format("#[Buckets = {:12}, SubBuckets     = {:12}]\n", Histogram::buckets,
                      Histogram::sub_slots);
  return text;
}

Result<PercentileText> parse_hgrm(std::string_view text) {
  PercentileText result;
  bool header = false;
  bool has_mean = false;
  bool has_max = false;
  for (std::size_t number_of_line = 1; !text.empty(); ++number_of_line) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty()) continue;
    if (!header) {
      if (!is_header(line)) return fail_at(number_of_line, line, "no HdrHistogram percentiles");
      header = true;
    } else if (line.starts_with("#[Mean")) {
      has_mean = read_footer(line, "Mean", result.mean) &&
                 read_footer(line, "StdDeviation", result.standard_deviation);
      if (!has_mean) return fail_at(number_of_line, line, "no mean and deviation");
    } else if (line.starts_with("#[Max")) {
      has_max = read_footer(line, "Max", result.max) &&
                read_footer(line, "Total count", result.total_count);
      if (!has_max) return fail_at(number_of_line, line, "no maximum and count");
    } else if (!line.starts_with('#')) {
      const auto row = row_of(line);
      if (!row) return fail_at(number_of_line, line, "not a row of percentiles");
      if (!result.rows.empty() && decreases(result.rows.back(), *row)) {
        return fail_at(number_of_line, line, "less than the row before it");
      }
      result.rows.push_back(*row);
    }
  }
  if (!header || !has_mean || !has_max) {
    return fail(ErrorKind::usage,
                "the percentiles end before their \"#[Mean …]\" and \"#[Max …]\"");
  }
  return result;
}

}  // namespace unrig::stats
