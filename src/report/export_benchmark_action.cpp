#include <fmt/format.h>

#include "record/json.h"
#include "report/exports.h"

namespace unrig::report {

std::string benchmark_action_export(const analysis::Summary& summary, Metric metric) {
  const bool rate = metric == Metric::throughput;
  record::Json list = record::Json::array();
  for (const auto& row : summary.rows) {
    const stats::Estimate& figure = rate                    ? row.throughput_per_s
                                    : metric == Metric::p50 ? row.p50_us
                                                            : row.p99_us;
    if (!row.ranked() || !(figure.estimate > 0)) continue;
    const double scale = rate ? 1 : 1e-3;  // milliseconds are what people compare
    record::Json entry{{"name", row.cell.label},
                       {"unit", rate                    ? "requests/s"
                                : metric == Metric::p50 ? "P50 ms"
                                                        : "P99 ms"},
                       {"value", figure.estimate * scale},
                       {"extra", fmt::format("{} of {} trials count; limiter: {}", row.valid_trials,
                                             row.trials, row.limiter.name)}};
    if (figure.low) {
      entry["range"] = fmt::format("{:.4g} to {:.4g}", *figure.low * scale, *figure.high * scale);
    }
    list.push_back(std::move(entry));
  }
  return record::dump(list, 2) + "\n";
}

}  // namespace unrig::report
