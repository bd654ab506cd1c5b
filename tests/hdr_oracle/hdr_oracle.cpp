// The side of unrig in the comparison with another HdrHistogram: standard input to standard output.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/text.h"
#include "stats/hgrm.h"
#include "stats/hlog.h"

namespace {

using namespace unrig;

std::string read_all(std::FILE* file) {
  std::string text;
  std::array<char, 65536> part{};
  while (const std::size_t size = std::fread(part.data(), 1, part.size(), file)) {
    text.append(part.data(), size);
  }
  return text;
}

/// From lines "VALUE_NS COUNT".
stats::Histogram recorded(std::string_view text) {
  stats::Histogram histogram;
  for (const std::string& line : split(trim(text), '\n')) {
    std::int64_t value = 0;
    std::uint64_t count = 0;
    const char* end = line.data() + line.size();
    const auto space = std::from_chars(line.data(), end, value).ptr;
    if (space != end) std::from_chars(space + 1, end, count);
    histogram.record(Duration(value), count);
  }
  return histogram;
}

/// One line per interval, then "LOWEST_OF_SLOT COUNT" for each slot in use.
void print(const stats::LogInterval& interval) {
  const stats::Histogram& histogram = interval.histogram;
  fmt::print("interval {} {} {} {} {} {}\n", interval.tag.empty() ? "-" : interval.tag,
             interval.start_s, interval.length_s, histogram.count(), histogram.min().count(),
             histogram.max().count());
  const auto counts = histogram.counts();
  for (std::size_t slot = 0; slot < counts.size(); ++slot) {
    if (counts[slot] > 0) fmt::print("{} {}\n", stats::Histogram::lowest_of(slot), counts[slot]);
  }
}

int complain(const Error& error) {
  fmt::print(stderr, "{}\n", error.what);
  return exit_code(error.kind);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view task = argc == 2 ? argv[1] : "";
  const std::string text = read_all(stdin);
  if (task == "write-hlog") {
    stats::LogInterval interval{
        .tag = "oracle", .start_s = 1.5, .length_s = 2.25, .histogram = recorded(text)};
    fmt::print("{}{}", stats::hlog_head(WallTime(std::chrono::seconds(1'441'812'279))),
               stats::hlog_line(interval));
    return 0;
  }
  if (task == "write-hgrm") {
    fmt::print("{}", stats::to_hgrm(recorded(text)));
    return 0;
  }
  if (task == "read-hlog") {
    const auto read = stats::read_hlog(text, print);
    return read ? 0 : complain(read.error());
  }
  if (task == "read-hgrm") {
    const auto read = stats::parse_hgrm(text);
    if (!read) return complain(read.error());
    fmt::print("{} {} {} {}\n", read->mean, read->standard_deviation, read->max, read->total_count);
    for (const auto& row : read->rows) {
      fmt::print("{} {} {}\n", row.value, row.percentile, row.total_count);
    }
    return 0;
  }
  fmt::print(stderr, "hdr_oracle write-hlog|write-hgrm|read-hlog|read-hgrm\n");
  return 2;
}
