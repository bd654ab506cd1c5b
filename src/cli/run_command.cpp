#include "cli/run_command.h"

#include <algorithm>

#include "analysis/summary.h"
#include "campaign/resume.h"
#include "cli/earlier.h"
#include "cli/gates.h"
#include "cli/measure.h"
#include "cli/plan.h"
#include "cli/records.h"
#include "cli/report_command.h"
#include "cli/task.h"
#include "host/facts.h"
#include "report/audit_text.h"
#include "report/run_json.h"
#include "report/run_text.h"

namespace unrig::cli {
namespace {

bool every_cell_counts(const analysis::Summary& summary) {
  return std::all_of(summary.rows.begin(), summary.rows.end(),
                     [](const analysis::Row& row) { return row.comparable(); });
}

/// Prints what was measured, whatever ended the run.
Result<int> finish_run(const CommonOptions& common, const campaign::Measured& measured,
                       const RunOptions& options) {
  const record::Run& run = measured.run;
  analysis::Summary summary = analysis::summarize(run);
  add_earlier(common, run, summary);
  const std::string checks = options.audit ? report::audit_text(run.manifest.cells) + "\n" : "";
  const auto published = publish(common, report::run_json(run, summary),
                                 checks + report::run_text(run, summary, look_of(common)));
  const bool reports = !options.no_report && !run.trials.empty();
  const auto reported = reports ? write_report(common, run.manifest.run) : Result<>{};
  if (measured.error) return std::unexpected(*measured.error);
  if (!published) return std::unexpected(published.error());
  if (!reported) return std::unexpected(reported.error());
  if (measured.interrupted) return exit_code(ErrorKind::interrupted);
  if (!every_cell_counts(summary)) return exit_code(ErrorKind::measurement);
  return exit_code_of(summary.gates);
}

/// The run to go on with; nothing where a new one was asked for.
Result<std::optional<record::Run>> stored_run(const CommonOptions& common,
                                              const RunOptions& options) {
  if (options.resume.empty()) return std::nullopt;
  auto store = open_store_to_read(common);
  if (!store) return std::unexpected(store.error());
  auto run = store->read(options.resume);
  if (!run) return std::unexpected(run.error());
  if (auto resumable = campaign::check_resumable(run->manifest); !resumable) {
    return std::unexpected(resumable.error());
  }
  return std::optional(std::move(*run));
}

}  // namespace

Result<int> run_command(const CommonOptions& words, const RunOptions& options) {
  auto stored = stored_run(words, options);
  if (!stored) return std::unexpected(stored.error());
  const CommonOptions common = *stored ? places_of((*stored)->manifest, words) : words;
  const auto usable = host::usable_cores();
  auto named = *stored ? read_stored((*stored)->manifest, common, options, usable)
                       : read_task(common, options, usable);
  if (!named) return std::unexpected(named.error());
  if (auto writable = check_json_target(common); !writable) {
    return std::unexpected(writable.error());
  }
  if (options.plan) return print_plan(common, named->task, named->sought, *stored);
  tell_missing_calls(common);
  auto guard = process::Guard::start();
  if (!guard) return std::unexpected(guard.error());
  if (auto tuned = find_workers(common, options, usable, *guard, *named); !tuned)
    return std::unexpected(tuned.error());
  if (auto matched = match_machine(common, options, usable, *guard, *named); !matched)
    return std::unexpected(matched.error());
  const auto measured = measure(common, *named, *guard, std::move(*stored));
  if (!measured) return std::unexpected(measured.error());
  return finish_run(common, *measured, options);
}

}  // namespace unrig::cli
