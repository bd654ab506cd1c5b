#include "cli/check_command.h"

#include <algorithm>

#include "campaign/check.h"
#include "cli/interrupt.h"
#include "cli/records.h"
#include "cli/task.h"
#include "host/facts.h"
#include "record/json.h"
#include "report/check_text.h"
#include "report/progress.h"
#include "runtime/python/runtime.h"

namespace unrig::cli {
namespace {

/// What a run with the same words would measure.
RunOptions run_of(const CheckOptions& options) {
  RunOptions run{.stacks = options.stacks,
                 .scenario = options.scenario,
                 .vintage = options.vintage,
                 .set = options.set};
  run.python = options.python;
  return run;
}

/// As those of gates: a point of the contract is one that everybody has.
int code_of(const record::Check& check) {
  constexpr int failed = 99;
  constexpr int undecided = 98;
  if (check.outcome() == record::PointOutcome::fails) return failed;
  const auto is_unseen = [](const record::CheckedStack& stack) { return !stack.failure.empty(); };
  if (std::ranges::any_of(check.stacks, is_unseen)) return exit_code(ErrorKind::measurement);
  return check.outcome() == record::PointOutcome::holds ? 0 : undecided;
}

}  // namespace

Result<int> check_command(const CommonOptions& common, const CheckOptions& options) {
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
  Result<record::Check> seen;
  {
    report::Progress progress(stderr, report::choose_style(common.quiet, common.plain), clock, 0);
    seen = campaign::check(
        {.task = named->task,
         .scenario = named->scenario,
         .specs = named->specs,
         .places = {.data = named->data,
                    .home = std::filesystem::absolute(common.home),
                    .programs = runtime::python::program(named->task.python)}},
        *guard, clock, [&](const std::string& line) { progress.passing(line); },
        interrupt.stop().now.get_token());
  }
  if (!seen) return std::unexpected(seen.error());
  const auto published =
      publish(common, record::to_json(*seen), report::check_text(*seen, look_of(common)));
  if (!published) return std::unexpected(published.error());
  return code_of(*seen);
}

}  // namespace unrig::cli
