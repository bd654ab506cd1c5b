#include "campaign/request.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "analysis/tuning.h"

namespace unrig::campaign {
namespace {

std::string run_name(WallTime now, std::uint64_t seed) {
  const auto time = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(now));
  return fmt::format("{:%Y%m%d-%H%M%S}-{:04x}", fmt::gmtime(time), seed & 0xffff);
}

experiment::Rule rule_of(const Request& request) {
  experiment::Rule rule{.blocks = request.blocks,
                        .precision = request.precision,
                        .confirms_until_precise = !request.confirm,
                        .confirms_baseline = analysis::is_tuning({.cells = request.cells})};
  rule.confirmation_blocks = request.confirm.value_or(rule.confirmation_blocks);
  rule.searches = request.search;
  // What was disturbed comes again with the next block.
  if (request.search) rule.make_up_limit = 0;
  return rule;
}

}  // namespace

record::Manifest manifest_of(const Request& request, const host::Facts& facts, WallTime now) {
  record::Manifest manifest;
  manifest.run = run_name(now, request.seed);
  manifest.unrig_version = request.unrig_version;
  manifest.unrig_commit = request.unrig_commit;
  manifest.started_at = iso8601(now);
  manifest.command_line = request.command_line;
  manifest.seed = request.seed;
  manifest.blocks = request.blocks;
  manifest.precision = request.precision;
  manifest.margin = request.margin;
  manifest.warmup_seconds = seconds(request.phases.warmup);
  manifest.duration_seconds = seconds(request.phases.duration);
  manifest.scenario = request.scenario;
  manifest.knobs = request.knobs;
  manifest.host = facts;
  manifest.stack_folders = request.stack_folders;
  manifest.python = request.python;
  set_conduct(request, manifest);
  manifest.search = request.search;
  manifest.tuned = request.tuned;
  manifest.baseline = request.baseline;
  manifest.cells = request.cells;
  return manifest;
}

void set_conduct(const Request& request, record::Manifest& manifest) {
  const experiment::Rule rule = rule_of(request);
  manifest.patience_seconds = seconds(request.patience);
  manifest.accept_noise = request.accept_noise;
  manifest.confirmation_blocks = rule.confirmation_blocks;
  manifest.confirms_until_precise = rule.confirms_until_precise;
}

experiment::Plan plan_of(const Request& request, const Clock& clock,
                         const std::optional<record::Run>& stored) {
  experiment::Plan plan{.rule = rule_of(request),
                        .phases = request.phases,
                        .deadline = {},
                        .patience = request.patience};
  if (stored) plan.rule = experiment::rule_to_go_on(plan.rule, *stored);
  if (request.budget) plan.deadline = clock.now() + *request.budget;
  return plan;
}

int expected_trials(const Request& request) {
  const bool has_double = std::ranges::find(request.cells, record::Role::baseline_double,
                                            &record::Cell::role) != request.cells.end();
  return experiment::expected_trials(rule_of(request), request.cells.size(), has_double);
}

}  // namespace unrig::campaign
