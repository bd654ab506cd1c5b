#include "campaign/check.h"

#include <fmt/format.h>

#include "audit/check.h"
#include "base/text.h"
#include "chain/chain.h"
#include "chain/subject.h"

namespace unrig::campaign {
namespace {

/// A stack that was not looked at.
record::CheckedStack unseen(const record::Cell& cell, const Error& error) {
  record::CheckedStack stack;
  stack.label = cell.label;
  stack.stack = cell.stack;
  stack.vintage = cell.vintage;
  stack.framework = cell.framework;
  stack.server = cell.server;
  stack.concurrency = cell.concurrency;
  stack.workers = cell.workers;
  stack.failure = error.help.empty() ? error.what : error.what + "\n" + error.help;
  return stack;
}

}  // namespace

Result<record::Check> check(const Intent& intent, process::Guard& guard, const Clock& clock,
                            const Tell& tell, const std::stop_token& stop) {
  const Task& task = intent.task;
  record::Check made{.unrig_version = task.unrig_version,
                     .unrig_commit = task.unrig_commit,
                     .started_at = iso8601(clock.wall()),
                     .scenario = task.scenario,
                     .knobs = task.knobs,
                     .stacks = {}};
  const chain::Subjects subjects(intent.specs, intent.scenario);
  std::vector<chain::Subject> cells;
  std::vector<stack::Selection> selections;
  for (const auto& cell : task.cells) {
    auto subject = subjects.of(cell);
    if (!subject) return std::unexpected(subject.error());
    selections.push_back(subject->selection);
    cells.push_back(std::move(*subject));
  }
  auto chain = chain::Chain::open(intent.places, guard, clock, tell);
  if (!chain) return std::unexpected(chain.error());
  const auto ready = chain->runtimes().prepare(selections, [&](const runtime::BuildProgress& now) {
    tell(fmt::format("environments: {} of {}, {}", now.done, now.of, join(now.under_way, ", ")));
  });
  auto checker = audit::Checker::open(*chain, guard, clock);
  if (!checker) return std::unexpected(checker.error());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!ready[i]) {
      if (ready[i].error().kind == ErrorKind::usage) return std::unexpected(ready[i].error());
      made.stacks.push_back(unseen(task.cells[i], ready[i].error()));
      continue;
    }
    tell(fmt::format("checks {} ({} of {})", cells[i].label, i + 1, cells.size()));
    auto seen = checker->check(cells[i], stop);
    if (!seen) return std::unexpected(seen.error());
    made.stacks.push_back(std::move(*seen));
  }
  return made;
}

}  // namespace unrig::campaign
