#include "cli/doctor_command.h"

#include "campaign/examine.h"
#include "cli/look_at.h"
#include "cli/records.h"
#include "record/json.h"
#include "report/machine_text.h"

namespace unrig::cli {
namespace {

/// What a run with the same words would measure.
RunOptions run_of(const DoctorOptions& options) {
  RunOptions run{.scenario = options.scenario, .vintage = options.vintage, .set = options.set};
  if (!options.stack.empty()) run.stacks = {options.stack};
  run.python = options.python;
  return run;
}

}  // namespace

Result<int> doctor_command(const CommonOptions& common, const DoctorOptions& options) {
  record::Examination seen;
  const auto looked =
      look_at(common, run_of(options), [&](auto&&... with) { seen = campaign::examine(with...); });
  if (!looked) return std::unexpected(looked.error());
  const auto published =
      publish(common, record::to_json(seen), report::doctor_text(seen, look_of(common)));
  if (!published) return std::unexpected(published.error());
  return seen.fit ? 0 : exit_code(ErrorKind::environment);
}

}  // namespace unrig::cli
