#include "plan/perturbation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <optional>
#include <utility>

#include "base/number.h"
#include "base/units.h"
#include "plan/cells.h"
#include "plan/workers.h"
#include "scenario/knobs.h"

namespace unrig::plan {
namespace {

using record::Component;
using record::Perturbation;

constexpr std::string_view delay_knob = "db.delay";

/// What a rule looks at.
struct Scene {
  const record::Manifest& manifest;
  const record::Cell& cell;
  const record::Trial& seen;
  const record::Conditions& conditions;

  [[nodiscard]] double number_of(std::string_view knob) const {
    return to_number<double>(value_of(manifest, cell, knob)).value_or(0);
  }
};

/// A knob and what it gets. `why_not`: it cannot be had.
struct Step {
  std::string knob;
  double from = 0, to = 0;
  std::string value;
  std::string why_not;
};

Step none(std::string why) {
  return {.knob = {}, .value = {}, .why_not = std::move(why)};
}

Step more(std::string knob, int from) {
  const int to = static_cast<int>(std::ceil(enlarged * from));
  return {
      std::move(knob), static_cast<double>(from), static_cast<double>(to), std::to_string(to), {}};
}

Step cpu_time(std::string knob, double from, double to) {
  constexpr double hundredths = 100;
  const double rounded = std::round(to * hundredths) / hundredths;
  if (rounded < scenario::least_cpu_time)
    return none(fmt::format("{:.2f} cores are too little to be a quota", to));
  return {std::move(knob), from, rounded, fmt::format("{:g}", rounded), {}};
}

/// More of a quota that is there already, as long as there are cores for it.
Step more_cpu_time(const Scene& scene, std::string knob, double quota) {
  const double cores = scene.conditions.chain_cores;
  return quota * enlarged <= cores ? cpu_time(std::move(knob), quota, quota * enlarged)
                                   : cpu_time(std::move(knob), quota, quota * slowed);
}

/// Cores that the component kept busy. Not set: not known.
std::optional<double> used_by(const Scene& scene, Component component) {
  const auto* part = scene.seen.signals.of(component);
  if (part == nullptr) return 0;
  if (!part->cpu_seconds || scene.seen.window_seconds <= 0) return std::nullopt;
  return *part->cpu_seconds / scene.seen.window_seconds;
}

/// Cores that the chain can have, and the load generator where it is limited with it: those that
/// they keep busy, and those that nobody does. The rest is the kernel's, and others'.
double cores_of_chain(const Scene& scene) {
  const record::Conditions& conditions = scene.conditions;
  const bool with_load = value_of(scene.manifest, scene.cell, "machine.with_load") == "true";
  std::vector<Component> limited(record::chain_components.begin(), record::chain_components.end());
  if (with_load) limited.push_back(Component::load);
  const auto& busy = scene.seen.signals.machine.busy;
  double available = conditions.cores * (1 - busy.value_or(0));
  bool is_known = busy.value().has_value();
  for (const Component component : limited) {
    const auto part = used_by(scene, component);
    available += part.value_or(0);
    is_known &= part.has_value();
  }
  const double all = conditions.chain_cores;
  return is_known ? std::min(all, available) : all;
}

/// Cores that the part may run on: all of the chain's, unless the knob pins it to some.
double cores_for(const Scene& scene, std::string_view knob,
                 scenario::ValueList scenario::Scenario::*list) {
  scenario::Scenario set;
  const std::string value = value_of(scene.manifest, scene.cell, knob);
  const bool is_set = !value.empty() && scenario::set_text(set, knob, value);
  const double all = scene.conditions.chain_cores;
  return is_set && !(set.*list).empty() ? std::min(all, static_cast<double>((set.*list).size()))
                                        : all;
}

/// A part that can use so many cores at most: no quota that it never reaches tells anything.
/// `wait`: for which share of the time its threads are kept from them by others. Where the cores
/// are used up it gets what these leave it, and whatever is taken of that slows the chain in
/// proportion.
Step part(const Scene& scene, std::string knob, double cores, double wait = 0) {
  const double capacity = cores * (1 - wait);
  const double quota = scene.number_of(knob);
  if (quota > 0 && quota < capacity) return more_cpu_time(scene, std::move(knob), quota);
  if (wait > 1 - slowed)
    return none("its threads wait for a core: a quota would slow whatever the cores limit");
  return cpu_time(std::move(knob), capacity, capacity * slowed);
}

/// Share of the time for which the part's busiest thread was ready to run without a core.
double thread_wait(const Scene& scene, Component component) {
  const auto* seen = scene.seen.signals.of(component);
  return seen == nullptr ? 0 : seen->busiest_thread_wait.value_or(0);
}

Step clients(const Scene& scene) {
  if (scene.conditions.open_loop) return none("in an open loop the rate is given");
  return more("clients", scene.conditions.clients);
}

Step workers(const Scene& scene) {
  return more(workers_knob(scene.cell), scene.seen.workers);
}

Step event_loop(const Scene& scene) {
  constexpr double largest_step = 1.5;  // what is met behind it would be what is seen
  const int loops = scene.seen.workers;
  const double step = (loops + 1.0) / std::max(1, loops);
  if (loops < scene.conditions.chain_cores && step <= largest_step)
    return {workers_knob(scene.cell),
            static_cast<double>(loops),
            loops + 1.0,
            std::to_string(loops + 1),
            {}};
  return part(scene, "quota.app",
              std::min<double>(loops, cores_for(scene, "cpus.app", &scenario::Scenario::cpus_app)),
              thread_wait(scene, Component::app));
}

Step sessions(const Scene& scene) {
  if (scene.conditions.sessions <= 0) return none("the scenario has none");
  return more("db.sessions", scene.conditions.sessions);
}

Step latency(const Scene& scene) {
  const double from = scene.conditions.delay_us;
  if (from <= 0) return none("there is no delay");
  constexpr double us_per_s = 1e6;
  const std::chrono::microseconds to(std::llround(from * slowed));
  return {std::string(delay_knob),
          from / us_per_s,
          seconds(to),
          fmt::format("\"{}\"", to_text(to)),
          {}};
}

/// Of those in force the one that was used up most, as the rule has found it.
Step quota(const Scene& scene) {
  const auto& suspects = scene.seen.limiter.suspects;
  const auto found = std::ranges::find(suspects, "cpu (quota)", &record::Suspect::name);
  const std::string knob = found == suspects.end() ? "" : found->knob;
  const double own = scene.number_of(knob);
  return own > 0 ? more_cpu_time(scene, knob, own) : none("the quota is not the run's own");
}

Step cpu(const Scene& scene) {
  const double quota = scene.conditions.quota_cpus;
  const double cores = cores_of_chain(scene);
  const double available = quota > 0 ? std::min(quota, cores) : cores;
  return cpu_time("machine.cpu", available, available * slowed);
}

Step database(const Scene& scene) {
  const auto& activity = scene.seen.signals.activity;
  const double working = activity.working.value_or(0);
  const double blocked = activity.locked.value_or(0) + activity.io.value_or(0);
  if (blocked > 0 && blocked >= working)
    return none("it waits for locks and its disk, which no quota slows");
  double capacity = std::min(cores_of_chain(scene),
                             cores_for(scene, "cpus.database", &scenario::Scenario::cpus_database));
  if (scene.conditions.sessions > 0)
    capacity = std::min(capacity, static_cast<double>(scene.conditions.sessions));
  return part(scene, "quota.database", capacity);
}

Step pooler(const Scene& scene) {
  return part(scene, "quota.pooler", 1, thread_wait(scene, Component::pooler));
}

Step proxy(const Scene& scene) {
  const std::string workers = value_of(scene.manifest, scene.cell, "proxy.workers");
  const double processes = to_number<double>(workers).value_or(scene.conditions.cores);
  return part(scene, "quota.proxy",
              std::min(processes, cores_for(scene, "cpus.proxy", &scenario::Scenario::cpus_proxy)),
              thread_wait(scene, Component::proxy));
}

struct Way {
  std::string_view suspect;
  Step (*step)(const Scene&);
};

constexpr std::array ways{
    Way{"clients", clients},
    Way{"workers", workers},
    Way{"event loop", event_loop},
    Way{"sessions", sessions},
    Way{"latency", latency},
    Way{"cpu (quota)", quota},
    Way{"cpu", cpu},
    Way{"database", database},
    Way{"pooler", pooler},
    Way{"proxy", proxy},
    Way{"errors", [](const Scene&) { return none("failures are no throughput"); }},
    Way{"listen queue", [](const Scene&) { return none("it loses connections, not throughput"); }},
    Way{"load generator", [](const Scene&) { return none("unrig's own, which has no knob"); }}};

}  // namespace

Perturbation perturbation(const record::Manifest& manifest, const record::Cell& cell,
                          const record::Trial& seen, std::string_view suspect) {
  assert(seen.conditions);
  const auto way = std::ranges::find(ways, suspect, &Way::suspect);
  const Step step = way == ways.end() ? none("no setting is known that changes it")
                                      : way->step({manifest, cell, seen, *seen.conditions});
  Perturbation change{.of = cell.label,
                      .suspect = std::string(suspect),
                      .label = cell.label,
                      .knob = step.knob,
                      .value = step.value,
                      .from = step.from,
                      .to = step.to,
                      .not_checked = step.why_not};
  if (!change.knob.empty()) change.label += " " + setting_text({{change.knob, change.value}});
  return change;
}

double log_change(const Perturbation& change) {
  const double larger = std::log(change.to / change.from);
  return change.knob == delay_knob ? -larger : larger;
}

std::vector<std::size_t> cells_to_confirm(const record::Manifest& manifest) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < manifest.cells.size(); ++i) {
    const record::Role role = manifest.cells[i].role;
    if (role == record::Role::asked || role == record::Role::grid_step) found.push_back(i);
  }
  return found;
}

std::size_t places(const record::Manifest& manifest) {
  return manifest.cells.size() + manifest.perturbations.size();
}

const std::string& label_at(const record::Manifest& manifest, std::size_t place) {
  const auto& cells = manifest.cells;
  return place < cells.size() ? cells[place].label
                              : manifest.perturbations[place - cells.size()].label;
}

std::size_t unchanged(const record::Manifest& manifest, std::size_t place) {
  const auto& cells = manifest.cells;
  if (place < cells.size()) return place;
  const std::string& of = manifest.perturbations[place - cells.size()].of;
  const auto found = std::ranges::find(cells, of, &record::Cell::label);
  assert(found != cells.end());
  return static_cast<std::size_t>(found - cells.begin());
}

record::Cell cell_at(const record::Manifest& manifest, std::size_t place) {
  record::Cell cell = manifest.cells[unchanged(manifest, place)];
  if (place < manifest.cells.size()) return cell;
  const Perturbation& change = manifest.perturbations[place - manifest.cells.size()];
  cell.label = change.label;
  cell.role = record::Role::perturbation;
  std::erase_if(cell.knobs, [&](const auto& setting) { return setting.first == change.knob; });
  cell.knobs.emplace_back(change.knob, change.value);
  if (sets_workers(change.knob)) cell.workers = static_cast<int>(change.to);
  return cell;
}

std::string& failure_at(record::Manifest& manifest, std::size_t place) {
  const std::size_t cells = manifest.cells.size();
  return place < cells ? manifest.cells[place].failure
                       : manifest.perturbations[place - cells].not_checked;
}

const std::string& failure_at(const record::Manifest& manifest, std::size_t place) {
  const std::size_t cells = manifest.cells.size();
  return place < cells ? manifest.cells[place].failure
                       : manifest.perturbations[place - cells].not_checked;
}

}  // namespace unrig::plan
