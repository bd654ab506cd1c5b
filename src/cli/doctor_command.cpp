#include "cli/doctor_command.h"

#include "campaign/examine.h"
#include "cli/interrupt.h"
#include "cli/records.h"
#include "cli/task.h"
#include "host/facts.h"
#include "record/json.h"
#include "report/machine_text.h"
#include "report/progress.h"
#include "runtime/python/runtime.h"

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
  if (auto writable = check_json_target(common); !writable)
    return std::unexpected(writable.error());
  const auto named = read_task(common, run_of(options), host::usable_cores());
  if (!named) return std::unexpected(named.error());
  tell_missing_calls(common);
  auto guard = process::Guard::start();
  if (!guard) return std::unexpected(guard.error());
  const SystemClock clock;
  // There is nothing to keep: the first signal ends it.
  Interrupt interrupt(Interrupt::First::stops, &*guard);
  record::Examination seen;
  {
    report::Progress progress(stderr, report::choose_style(common.quiet, common.plain), clock, 0);
    seen = campaign::examine(
        {.task = named->task,
         .scenario = named->scenario,
         .specs = named->specs,
         .places = {.data = named->data,
                    .home = std::filesystem::absolute(common.home),
                    .programs = runtime::python::program(named->task.python)}},
        *guard, clock, [&](const std::string& line) { progress.passing(line); },
        interrupt.stop().now.get_token());
  }
  const auto published =
      publish(common, record::to_json(seen), report::doctor_text(seen, look_of(common)));
  if (!published) return std::unexpected(published.error());
  return seen.fit ? 0 : exit_code(ErrorKind::environment);
}

}  // namespace unrig::cli
