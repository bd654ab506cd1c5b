#include "record/load_times.h"

#include <algorithm>

#include "stats/support.h"
#include "stats/survival.h"

namespace unrig::record {
namespace {

using Kind = Figure::Kind;

Figure quantile(const stats::Survival& times, double q) {
  const stats::Bounded found = times.quantile(q);
  // That a share of them waits for longer is so of few, too.
  const Kind kind = found.at_least                      ? Kind::at_least
                    : stats::supports(q, times.count()) ? Kind::known
                                                        : Kind::few_values;
  return {microseconds(found.value), kind};
}

Figure quantile(const stats::CoarseCounts& times, double q) {
  return {microseconds(times.quantile(q)),
          stats::supports(q, times.count()) ? Kind::known : Kind::few_values};
}

}  // namespace

Times times(const stats::Histogram& answered) {
  return times(answered, stats::Histogram{});
}

Times times(const stats::Histogram& answered, const stats::Histogram& unanswered) {
  const stats::Survival all(answered, unanswered);
  const stats::Bounded max = all.max();
  const auto of_all = [&](double us, bool is_least) {
    return Figure{us, all.count() == 0 ? Kind::few_values
                      : is_least       ? Kind::at_least
                                       : Kind::known};
  };
  return {.mean = of_all(all.least_mean_ns() / 1e3, !all.all_ended()),
          .p50 = quantile(all, 0.50),
          .p90 = quantile(all, 0.90),
          .p95 = quantile(all, 0.95),
          .p99 = quantile(all, 0.99),
          .p999 = quantile(all, 0.999),
          .max = of_all(microseconds(max.value), max.at_least),
          .count = all.count(),
          .unanswered = unanswered.count()};
}

std::vector<SeriesRow> series_rows(const std::vector<tally::Second>& series, std::size_t seconds) {
  std::vector<SeriesRow> list;
  for (std::size_t first = 0; first < series.size(); first += seconds) {
    const std::size_t end = std::min(series.size(), first + seconds);
    SeriesRow row{.from_s = static_cast<double>(first),
                  .length_s = static_cast<double>(end - first)};
    stats::CoarseCounts responses;
    for (std::size_t i = first; i < end; ++i) {
      row.issued += series[i].issued;
      row.completed += series[i].completed;
      row.failed += series[i].failed;
      responses.merge(series[i].responses);
    }
    row.p50 = quantile(responses, 0.50);
    row.p90 = quantile(responses, 0.90);
    row.p99 = quantile(responses, 0.99);
    list.push_back(row);
  }
  return list;
}

}  // namespace unrig::record
