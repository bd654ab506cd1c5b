#include "cli/export_command.h"

#include <fmt/format.h>

#include "analysis/summary.h"
#include "base/file.h"
#include "cli/earlier.h"
#include "cli/output.h"
#include "cli/records.h"
#include "cli/stored_times.h"
#include "report/exports.h"
#include "report/run_json.h"

namespace unrig::cli {
namespace {

/// The one cell that a format takes which has room for one.
Result<std::string> label_of(const ExportOptions& options, const record::Run& run) {
  if (!options.stack.empty()) return options.stack;
  if (run.manifest.cells.size() == 1) return run.manifest.cells.front().label;
  return fail(ErrorKind::usage,
              fmt::format("{} holds one distribution, and the run has {} stacks", options.format,
                          run.manifest.cells.size()),
              fmt::format("unrig export {} --format {} --stack {}", options.run, options.format,
                          run.manifest.cells.front().label));
}

report::Metric metric_of(const std::string& name) {
  return name == "p50"   ? report::Metric::p50
         : name == "p99" ? report::Metric::p99
                         : report::Metric::throughput;
}

/// Those that have response times.
Result<std::string> text_of_times(const ExportOptions& options, const record::Store& store,
                                  const record::Run& run, const analysis::Summary& summary) {
  auto times = times_of(store, run);
  if (!times) return std::unexpected(times.error());
  if (options.format == "openmetrics") return report::openmetrics_export(run, summary, *times);
  if (options.format == "hlog") return report::hlog_export(run, *times);
  const auto label = label_of(options, run);
  if (!label) return std::unexpected(label.error());
  return report::hgrm_export(*times, *label);
}

Result<std::string> text_of(const CommonOptions& common, const ExportOptions& options,
                            const record::Store& store, const record::Run& run) {
  const std::string& format = options.format;
  if (format == "csv") return report::csv_export(run);
  if (format == "jsonl") return report::jsonl_export(run);
  analysis::Summary summary = analysis::summarize(run);
  if (format == "json") {
    add_earlier(common, run, summary);
    return record::dump(report::run_json(run, summary), 2) + "\n";
  }
  if (format == "junit") return report::junit_export(run, summary);
  if (format == "benchmark-action") {
    return report::benchmark_action_export(summary, metric_of(options.metric));
  }
  if (format == "bencher") return report::bencher_export(summary);
  if (format == "markdown") return report::markdown_export(run, summary);
  return text_of_times(options, store, run, summary);
}

}  // namespace

Result<int> export_command(const CommonOptions& common, const ExportOptions& options) {
  const bool to_output = options.output == "-";
  if (!to_output) {
    if (auto writable = check_target("--output", options.output); !writable) {
      return std::unexpected(writable.error());
    }
  }
  const auto store = open_store_to_read(common);
  if (!store) return std::unexpected(store.error());
  const auto run = store->read(options.run);
  if (!run) return std::unexpected(run.error());
  const auto text = text_of(common, options, *store, *run);
  if (!text) return std::unexpected(text.error());
  return exit_after(to_output ? print(*text) : write_file(options.output, *text));
}

}  // namespace unrig::cli
