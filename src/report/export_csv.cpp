#include <fmt/format.h>

#include <optional>

#include "base/text.h"
#include "report/exports.h"

namespace unrig::report {
namespace {

std::string csv_field(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  return '"' + join(split(text, '"'), "\"\"") + '"';
}

std::string csv_number(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "";
}

std::vector<std::string> csv_fields(const record::Run& run, const record::Trial& trial) {
  const auto& cpu = trial.cpu_us_per_request;
  const auto& times = trial.response_us;
  return {run.manifest.run,
          trial.label,
          trial.stack,
          trial.vintage,
          std::to_string(trial.block),
          std::to_string(trial.position),
          std::string(to_text(trial.purpose)),
          trial.started_at,
          std::to_string(trial.workers),
          trial.verdict.valid ? "true" : "false",
          trial.verdict.disturbed ? "true" : "false",
          join(trial.verdict.reasons, "; "),
          csv_number(trial.throughput_per_s),
          csv_number(times.mean),
          csv_number(times.p50),
          csv_number(times.p90),
          csv_number(times.p95),
          csv_number(times.p99),
          csv_number(times.p999),
          csv_number(times.max),
          std::to_string(trial.window.completed),
          std::to_string(trial.window.failed()),
          std::to_string(trial.window.unfinished),
          csv_number(cpu.load),
          csv_number(cpu.proxy),
          csv_number(cpu.app),
          csv_number(cpu.pooler),
          csv_number(cpu.database),
          csv_number(cpu.unattributed),
          trial.db.sessions_max ? std::to_string(*trial.db.sessions_max) : "",
          trial.limiter.name};
}

}  // namespace

std::string csv_export(const record::Run& run) {
  std::string text =
      "run,label,stack,vintage,block,position,purpose,started_at,workers,valid,disturbed,reasons,"
      "throughput_per_s,mean_us,p50_us,p90_us,p95_us,p99_us,p999_us,max_us,completed,failed,"
      "unfinished,cpu_load_us,cpu_proxy_us,cpu_app_us,cpu_pooler_us,cpu_database_us,"
      "cpu_unattributed_us,db_sessions_max,limiter\r\n";
  for (const auto& trial : run.trials) {
    std::vector<std::string> fields = csv_fields(run, trial);
    for (auto& field : fields) field = csv_field(field);
    text += join(fields, ",") + "\r\n";
  }
  return text;
}

}  // namespace unrig::report
