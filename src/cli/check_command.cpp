#include "cli/check_command.h"

#include <algorithm>

#include "campaign/check.h"
#include "cli/look_at.h"
#include "cli/records.h"
#include "record/json.h"
#include "report/check_text.h"

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
  Result<record::Check> seen;
  const auto looked =
      look_at(common, run_of(options), [&](auto&&... with) { seen = campaign::check(with...); });
  if (!looked) return std::unexpected(looked.error());
  if (!seen) return std::unexpected(seen.error());
  const auto published =
      publish(common, record::to_json(*seen), report::check_text(*seen, look_of(common)));
  if (!published) return std::unexpected(published.error());
  return code_of(*seen);
}

}  // namespace unrig::cli
