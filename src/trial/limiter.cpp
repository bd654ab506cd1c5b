#include "trial/limiter.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "stack/request.h"
#include "trial/judge.h"
#include "trial/suspects.h"
#include "trial/under_way.h"

namespace unrig::trial {
namespace {

using Rule = std::optional<Finding> (*)(const Scene&);

void add(std::vector<Finding>& findings, const Scene& scene, std::initializer_list<Rule> rules) {
  for (const Rule rule : rules) {
    if (auto found = rule(scene)) findings.push_back(std::move(*found));
  }
}

bool any_bounds(const std::vector<Finding>& findings) {
  return std::ranges::any_of(findings, &Finding::bounds);
}

/// The likeliest first.
void sort(std::vector<Finding>& findings) {
  std::ranges::stable_sort(findings, [](const Finding& a, const Finding& b) {
    if (a.bounds || b.bounds) return a.bounds && !b.bounds;
    constexpr double unknown = std::numeric_limits<double>::infinity();
    return a.suspect.margin.value_or(unknown) < b.suspect.margin.value_or(unknown);
  });
}

/// That requests wait, for no single thing that is at its limit.
Finding several(const Scene& scene, std::vector<Finding> findings) {
  constexpr std::size_t named = 3;
  sort(findings);
  std::vector<std::string> near;
  for (const auto& [suspect, bounds] : findings) {
    if (suspect.margin && near.size() < named)
      near.push_back(fmt::format("{} has {:.0f} % left", suspect.name, *suspect.margin * 100));
  }
  return {{.name = "several",
           .evidence = {fmt::format("{:.0f} % of the requests wait and nothing is at its limit: {}",
                                    *scene.waiting_share * 100, join(near, ", "))}},
          true};
}

/// Whether so many requests wait that more clients would only wait as well. Less than one whole
/// request that waits is no queue: a single client waits, too, for whoever wakes up.
bool is_held_up(const Scene& scene) {
  if (scene.conditions.open_loop || !scene.cpu_is_used_up || !scene.waiting_share) return false;
  return *scene.waiting_share >= several_share_limit &&
         *scene.waiting_share * *scene.where.all >= 1;
}

/// Why nothing is named.
std::string excuse(const Scene& scene) {
  const record::Reading<double>& busy = scene.trial.signals.machine.busy;
  if (!scene.conditions.sees_server) {
    return fmt::format(
        "seen from outside only: the load generator used {:.0f} % of its core{}",
        generator_use(scene.trial) * 100,
        busy ? fmt::format(", {:.0f} % of this machine's CPU was busy", *busy * 100) : "");
  }
  if (!scene.conditions.watches_signals)
    return "watch.signals is false: what else may be at its limit was not looked at";
  if (!busy) return "whether the CPU was used up could not be read: " + busy.why();
  const bool kept_up = scene.trial.throughput_per_s >= offered_limit * scene.trial.offered_per_s;
  return scene.conditions.open_loop && kept_up
             ? fmt::format("the offered {:.0f}/s were served", scene.trial.offered_per_s)
             : "nothing that was looked at is at its limit";
}

/// That of an application of somebody's own, if it has one.
Finding unseen_database() {
  return {{.name = "database", .evidence = {not_checked(std::string(stack::own_database))}}};
}

/// In the order in which those at their limit explain the others.
std::vector<Finding> findings_of(const Scene& scene) {
  std::vector<Finding> findings;
  const auto failed = rules::errors(scene);
  const bool queue_first = failed && failed->bounds && queue_explains_failures(scene.trial);
  if (queue_first) add(findings, scene, {rules::listen_queue});
  add(findings, scene, {rules::errors, rules::load_generator});
  if (!scene.conditions.sees_server) return findings;
  add(findings, scene, {rules::quota, rules::cpu});
  // Who waits for whom: what stands further back keeps busy what stands before it.
  if (scene.conditions.watches_signals) {
    if (scene.conditions.own_application) {
      findings.push_back(unseen_database());
    } else {
      add(findings, scene, {rules::database, rules::pooler, rules::sessions});
    }
    add(findings, scene, {rules::event_loop, rules::workers, rules::proxy});
  }
  if (!queue_first) add(findings, scene, {rules::listen_queue});
  if (!scene.conditions.watches_signals) return findings;
  // These are what is left where nothing else is it.
  if (!any_bounds(findings) && is_held_up(scene)) findings.push_back(several(scene, findings));
  for (const Rule rule : {rules::latency, rules::clients}) {
    auto found = rule(scene);
    if (!found) continue;
    found->bounds = found->bounds && !any_bounds(findings);
    findings.push_back(std::move(*found));
  }
  return findings;
}

}  // namespace

record::Limiter find_limiter(const record::Trial& trial) {
  const Scene scene(trial);
  std::vector<Finding> findings = findings_of(scene);
  sort(findings);
  record::Limiter limiter;
  if (any_bounds(findings)) {
    limiter.name = findings.front().suspect.name;
    limiter.evidence = findings.front().suspect.evidence;
  } else {
    limiter.evidence = {excuse(scene)};
  }
  if (auto where = in_words(scene.where); !where.empty() && scene.conditions.sees_server)
    limiter.evidence.push_back(std::move(where));
  std::ranges::transform(findings, std::back_inserter(limiter.suspects), &Finding::suspect);
  return limiter;
}

}  // namespace unrig::trial
