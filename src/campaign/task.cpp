#include "campaign/task.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "analysis/tuning.h"
#include "plan/perturbation.h"

namespace unrig::campaign {
namespace {

std::string run_name(WallTime now, std::uint64_t seed) {
  const auto time = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(now));
  return fmt::format("{:%Y%m%d-%H%M%S}-{:04x}", fmt::gmtime(time), seed & 0xffff);
}

/// Whatever they show: with five, an elasticity of a machine that is not too restless is known to
/// about 0.1 (docs/statistics.md).
constexpr int perturbation_blocks = 5;

experiment::Rule rule_of(const Task& task) {
  experiment::Rule rule{.blocks = task.blocks,
                        .precision = task.precision,
                        .confirms_until_precise = !task.fresh_blocks,
                        .confirms_baseline = analysis::is_tuning({.cells = task.cells})};
  rule.confirmation_blocks = task.fresh_blocks.value_or(rule.confirmation_blocks);
  rule.searches = task.search;
  // Who serves at a URL was started by somebody else.
  if (!task.search && !record::measures_urls({.cells = task.cells})) rule.later_block = 2;
  if (task.confirm_limiters.value_or(false)) rule.perturbation_blocks = perturbation_blocks;
  // What was disturbed comes again with the next block.
  if (task.search) rule.make_up_limit = 0;
  return rule;
}

}  // namespace

record::Manifest manifest_of(const Task& task, const host::Facts& facts, WallTime now) {
  record::Manifest manifest;
  manifest.run = run_name(now, task.seed);
  manifest.unrig_version = task.unrig_version;
  manifest.unrig_commit = task.unrig_commit;
  manifest.started_at = iso8601(now);
  manifest.command_line = task.command_line;
  manifest.seed = task.seed;
  manifest.blocks = task.blocks;
  manifest.precision = task.precision;
  manifest.margin = task.margin;
  manifest.warmup_seconds = seconds(task.phases.warmup);
  manifest.duration_seconds = seconds(task.phases.duration);
  manifest.warmup_most_seconds = seconds(task.phases.warmup_most);
  manifest.scenario = task.scenario;
  manifest.knobs = task.knobs;
  manifest.host = facts;
  manifest.stack_folders = task.stack_folders;
  manifest.python = task.python;
  set_conduct(task, manifest);
  manifest.tolerated_loss = task.tolerated_loss;
  manifest.search = task.search;
  manifest.tuned = task.tuned;
  manifest.matched = task.matched;
  manifest.baseline = task.baseline;
  manifest.cells = task.cells;
  return manifest;
}

void set_conduct(const Task& task, record::Manifest& manifest) {
  const experiment::Rule rule = rule_of(task);
  manifest.patience_seconds = seconds(task.patience);
  manifest.accept_noise = task.accept_noise;
  manifest.accept_unproven = task.accept_unproven;
  manifest.confirmation_blocks = rule.confirmation_blocks;
  manifest.confirms_until_precise = rule.confirms_until_precise;
  manifest.perturbation_blocks = rule.perturbation_blocks;
  manifest.gates_asked = task.gates;
}

experiment::Conduct conduct_of(const Task& task, const Clock& clock,
                               const std::optional<record::Run>& stored) {
  experiment::Conduct conduct{
      .rule = rule_of(task), .phases = task.phases, .deadline = {}, .patience = task.patience};
  if (stored) conduct.rule = experiment::rule_to_go_on(conduct.rule, *stored);
  if (task.budget) conduct.deadline = clock.now() + *task.budget;
  return conduct;
}

int expected_trials(const Task& task) {
  const bool has_double = std::ranges::find(task.cells, record::Role::baseline_double,
                                            &record::Cell::role) != task.cells.end();
  return experiment::expected_trials(rule_of(task), task.cells.size(), has_double,
                                     plan::cells_to_confirm({.cells = task.cells}).size());
}

}  // namespace unrig::campaign
