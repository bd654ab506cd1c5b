#include "cli/show_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/comparison.h"
#include "analysis/summary.h"
#include "base/plural.h"
#include "cli/earlier.h"
#include "cli/output.h"
#include "cli/records.h"
#include "cli/targets.h"
#include "report/comparison_text.h"
#include "report/run_json.h"
#include "report/run_text.h"
#include "stats/hgrm.h"
#include "stats/hlog.h"

namespace unrig::cli {

namespace {

/// As `unrig compare` has printed it: of URLs there is no table of stacks.
Result<int> show_urls(const CommonOptions& common, const record::Run& run) {
  const auto& cells = run.manifest.cells;
  auto comparison = analysis::compare(run, cells.front().label, cells.back().label);
  add_earlier(common, run, comparison);
  return exit_after(publish(common, report::run_json(run, analysis::summarize(run)),
                            report::comparison_text(comparison, run.manifest, look_of(common))));
}

/// The histograms that the store has of a trial of the run.
Result<record::Histograms> histograms_of(const record::Store& store, const record::Run& run,
                                         std::size_t trial) {
  if (trial > run.trials.size()) {
    return fail(ErrorKind::usage,
                fmt::format("{} has {}, no trial {}", run.manifest.run,
                            counted(run.trials.size(), "trial"), trial),
                fmt::format("unrig show {} lists them", run.manifest.run));
  }
  auto kept = store.histograms(run.manifest.run, trial);
  if (!kept) return std::unexpected(kept.error());
  if (!*kept) {
    return fail(ErrorKind::environment,
                fmt::format("the store has no histograms of trial {} of {}: an earlier unrig kept "
                            "only the quantiles",
                            trial, run.manifest.run),
                fmt::format("unrig show {} --json - has them", run.manifest.run));
  }
  return std::move(**kept);
}

/// The percentiles of one trial's response times, and the files that were asked for.
Result<int> show_trial(const CommonOptions& common, const ShowOptions& options,
                       const record::Store& store, const record::Run& run) {
  const auto packed = histograms_of(store, run, options.trial);
  if (!packed) return std::unexpected(packed.error());
  const auto response = stats::unpack_histogram(packed->response);
  const auto service = stats::unpack_histogram(packed->service);
  const auto issue_delay = stats::unpack_histogram(packed->issue_delay);
  for (const auto* histogram : {&response, &service, &issue_delay}) {
    if (*histogram) continue;
    return fail(ErrorKind::internal, fmt::format("trial {} of {} is damaged: {}", options.trial,
                                                 run.manifest.run, histogram->error().what));
  }
  const record::Trial& trial = run.trials[options.trial - 1];
  const auto written = write_histograms(
      options.files, {.response = *response,
                      .service = *service,
                      .issue_delay = *issue_delay,
                      .start = parse_iso8601(trial.started_at).value_or(WallTime{}),
                      .length_s = trial.window_seconds});
  analysis::Summary summary = analysis::summarize(run);
  if (!record::measures_urls(run.manifest)) add_earlier(common, run, summary);
  auto document = report::run_json(run, summary);
  document["trials"][options.trial - 1]["histograms"] = {
      {"response", stats::encode_histogram(*response)},
      {"service", stats::encode_histogram(*service)},
      {"issue_delay", stats::encode_histogram(*issue_delay)}};
  const bool taken =
      std::ranges::any_of(targets_of(common.json, options.files), &Target::is_standard);
  const auto published = publish(common, document, taken ? "" : stats::to_hgrm(*response));
  return exit_after(written ? published : written);
}

}  // namespace

Result<int> show_command(const CommonOptions& common, const ShowOptions& options) {
  if (auto writable = check_targets(targets_of(common.json, options.files)); !writable) {
    return std::unexpected(writable.error());
  }
  auto store = open_store_to_read(common);
  if (!store) return std::unexpected(store.error());
  const auto run = store->read(options.run);
  if (!run) return std::unexpected(run.error());
  if (options.trial > 0) return show_trial(common, options, *store, *run);
  if (record::measures_urls(run->manifest)) return show_urls(common, *run);
  analysis::Summary summary = analysis::summarize(*run);
  add_earlier(common, *run, summary);
  const std::string text = report::run_heading(run->manifest) + "\n";
  return exit_after(publish(common, report::run_json(*run, summary),
                            text + report::run_text(*run, summary, look_of(common))));
}

}  // namespace unrig::cli
