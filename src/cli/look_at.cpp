#include "cli/look_at.h"

#include "cli/interrupt.h"
#include "cli/records.h"
#include "cli/task.h"
#include "host/facts.h"
#include "report/progress.h"
#include "runtime/python/runtime.h"

namespace unrig::cli {

Result<> look_at(const CommonOptions& common, const RunOptions& options,
                 const std::function<void(const campaign::Intent& intent, process::Guard& guard,
                                          const Clock& clock, const campaign::Tell& tell,
                                          const std::stop_token& stop)>& look) {
  if (auto writable = check_json_target(common); !writable) return writable;
  const auto named = read_task(common, options, host::usable_cores());
  if (!named) return std::unexpected(named.error());
  tell_missing_calls(common);
  auto guard = process::Guard::start();
  if (!guard) return std::unexpected(guard.error());
  const SystemClock clock;
  // There is nothing to keep: the first signal ends it.
  Interrupt interrupt(Interrupt::First::stops, &*guard);
  report::Progress progress(stderr, report::choose_style(common.quiet, common.plain), clock, 0);
  look(
      {.task = named->task,
       .scenario = named->scenario,
       .specs = named->specs,
       .places = {.data = named->data,
                  .home = std::filesystem::absolute(common.home),
                  .programs = runtime::python::program(named->task.python)}},
      *guard, clock, [&](const std::string& line) { progress.passing(line); },
      interrupt.stop().now.get_token());
  return {};
}

}  // namespace unrig::cli
