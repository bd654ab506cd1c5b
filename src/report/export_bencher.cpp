#include "record/json.h"
#include "report/exports.h"

namespace unrig::report {
namespace {

void add_measure(record::Json& entry, const char* name, const stats::Estimate& figure,
                 double scale) {
  if (!(figure.estimate > 0)) return;
  entry[name] = {{"value", figure.estimate * scale}};
  if (!figure.low) return;
  entry[name]["lower_value"] = *figure.low * scale;
  entry[name]["upper_value"] = *figure.high * scale;
}

}  // namespace

std::string bencher_export(const analysis::Summary& summary) {
  constexpr double us_to_ns = 1000;
  record::Json json = record::Json::object();
  for (const auto& row : summary.rows) {
    if (!row.ranked()) continue;
    record::Json entry = record::Json::object();
    add_measure(entry, "throughput", row.throughput_per_s, 1);
    add_measure(entry, "latency", row.p50_us, us_to_ns);
    add_measure(entry, "latency-p99", row.p99_us, us_to_ns);
    json[row.cell.label] = std::move(entry);
  }
  return record::dump(json, 2) + "\n";
}

}  // namespace unrig::report
