#include <fmt/format.h>

#include <cmath>
#include <functional>

#include "base/text.h"
#include "report/exports.h"
#include "stats/hlog.h"

namespace unrig::report {
namespace {

/// As the text format wants a label's value.
std::string label_value(const std::string& text) {
  std::string value;
  for (const char letter : text) {
    if (letter == '\n') {
      value += "\\n";
      continue;
    }
    if (letter == '\\' || letter == '"') value += '\\';
    value += letter;
  }
  return value;
}

std::string labels_of(const record::Run& run, const std::string& stack,
                      const std::string& more = "") {
  return fmt::format("{{run=\"{}\",stack=\"{}\"{}}}", label_value(run.manifest.run),
                     label_value(printable(stack)), more);
}

/// A gauge of all rows that count.
std::string gauge(const record::Run& run, const analysis::Summary& summary, const std::string& name,
                  const std::string& unit, const std::string& help,
                  const std::function<double(const analysis::Row&)>& value) {
  std::string text = fmt::format("# TYPE {0} gauge\n", name);
  if (!unit.empty()) text += fmt::format("# UNIT {} {}\n", name, unit);
  text += fmt::format("# HELP {} {}\n", name, help);
  for (const auto& row : summary.rows) {
    const double number = row.comparable() ? value(row) : std::nan("");
    if (std::isfinite(number)) {
      text += fmt::format("{}{} {}\n", name, labels_of(run, row.cell.label), number);
    }
  }
  return text;
}

std::string buckets(const record::Run& run, const std::string& label,
                    const stats::Histogram& times) {
  constexpr double steps[] = {1, 2.5, 5};
  std::string text;
  const auto line = [&](const std::string& le, std::uint64_t count) {
    text += fmt::format("unrig_response_seconds_bucket{} {}\n",
                        labels_of(run, label, fmt::format(",le=\"{}\"", le)), count);
  };
  for (int power = -4; power <= 1; ++power) {  // from 0.1 ms to 50 s
    for (const double step : steps) {
      const double limit = std::pow(10, power) * step;
      line(fmt::format("{:g}", limit), times.count() - times.count_above(from_seconds(limit)));
    }
  }
  line("+Inf", times.count());
  text += fmt::format("unrig_response_seconds_count{} {}\n", labels_of(run, label), times.count());
  text += fmt::format("unrig_response_seconds_sum{} {}\n", labels_of(run, label),
                      times.mean_ns() * 1e-9 * static_cast<double>(times.count()));
  return text;
}

std::string requests(const record::Run& run, const analysis::Summary& summary) {
  std::string text =
      "# TYPE unrig_requests counter\n"
      "# HELP unrig_requests Requests of all trials, by what became of them.\n";
  for (const auto& row : summary.rows) {
    std::uint64_t completed = 0, failed = 0, unfinished = 0;
    for (const auto& trial : run.trials) {
      if (trial.label != row.cell.label || trial.purpose == record::Purpose::perturbation) continue;
      completed += trial.total.completed;
      failed += trial.total.failed();
      unfinished += trial.total.unfinished;
    }
    const std::pair<const char*, std::uint64_t> ends[] = {
        {"completed", completed}, {"failed", failed}, {"unfinished", unfinished}};
    for (const auto& [end, count] : ends) {
      text +=
          fmt::format("unrig_requests_total{} {}\n",
                      labels_of(run, row.cell.label, fmt::format(",outcome=\"{}\"", end)), count);
    }
  }
  return text;
}

}  // namespace

Result<std::string> openmetrics_export(const record::Run& run, const analysis::Summary& summary,
                                       const TimesByLabel& times) {
  using analysis::Row;
  std::string text = gauge(run, summary, "unrig_throughput", "",
                           "Completed requests per second of the window, geometric mean.",
                           [](const Row& row) { return row.throughput_per_s.estimate; });
  text += gauge(run, summary, "unrig_throughput_ratio", "ratio",
                "Throughput over that of the baseline, paired by block.",
                [](const Row& row) { return row.ratio.estimate; });
  text += gauge(run, summary, "unrig_cpu_per_request_seconds", "seconds",
                "CPU time of the chain per request.", [](const Row& row) {
                  return row.cpu_us_per_request ? *row.cpu_us_per_request * 1e-6 : std::nan("");
                });
  text += gauge(run, summary, "unrig_valid_trials", "", "Trials that count.",
                [](const Row& row) { return static_cast<double>(row.valid_trials); });
  text += requests(run, summary);
  text +=
      "# TYPE unrig_response_seconds histogram\n"
      "# UNIT unrig_response_seconds seconds\n"
      "# HELP unrig_response_seconds Response times of all trials that count.\n";
  for (const auto& [label, packed] : times) {
    const auto histogram = stats::unpack_histogram(packed.response);
    if (!histogram) return std::unexpected(histogram.error());
    text += buckets(run, label, *histogram);
  }
  return text + "# EOF\n";
}

}  // namespace unrig::report
