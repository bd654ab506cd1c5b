#include "cli/show_command.h"

#include "analysis/comparison.h"
#include "analysis/summary.h"
#include "cli/earlier.h"
#include "cli/output.h"
#include "cli/session.h"
#include "report/comparison_text.h"
#include "report/run_json.h"
#include "report/run_text.h"

namespace unrig::cli {

namespace {

/// As `unrig compare` has printed it: of URLs there is no table of stacks.
Result<int> show_urls(const CommonOptions& common, const record::Run& run) {
  const auto& cells = run.manifest.cells;
  auto comparison = analysis::compare(run, cells.front().label, cells.back().label);
  add_earlier(common, run, comparison);
  return exit_after(publish(common, report::run_json(run, analysis::summarize(run)),
                            report::comparison_text(comparison, run.manifest)));
}

}  // namespace

Result<int> show_command(const CommonOptions& common, const ShowOptions& options) {
  auto store = open_store_to_read(common);
  if (!store) return std::unexpected(store.error());
  const auto run = store->read(options.run);
  if (!run) return std::unexpected(run.error());
  if (record::measures_urls(run->manifest)) return show_urls(common, *run);
  analysis::Summary summary = analysis::summarize(*run);
  add_earlier(common, *run, summary);
  const std::string text = report::run_heading(run->manifest) + "\n";
  return exit_after(
      publish(common, report::run_json(*run, summary), text + report::run_text(*run, summary)));
}

}  // namespace unrig::cli
