#include "cli/show_command.h"

#include "analysis/summary.h"
#include "cli/earlier.h"
#include "cli/output.h"
#include "cli/session.h"
#include "report/run_json.h"
#include "report/run_text.h"

namespace unrig::cli {

Result<int> show_command(const CommonOptions& common, const ShowOptions& options) {
  auto store = open_store_to_read(common);
  if (!store) return std::unexpected(store.error());
  const auto run = store->read(options.run);
  if (!run) return std::unexpected(run.error());
  analysis::Summary summary = analysis::summarize(*run);
  add_earlier(common, *run, summary);
  const std::string text = report::run_heading(run->manifest) + "\n";
  return exit_after(
      publish(common, report::run_json(*run, summary), text + report::run_text(*run, summary)));
}

}  // namespace unrig::cli
