#include "campaign/match.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/tuning.h"
#include "base/limits.h"
#include "base/text.h"
#include "campaign/choice.h"
#include "experiment/schedule.h"
#include "host/facts.h"
#include "record/counts.h"

namespace unrig::campaign {
namespace {

constexpr Limits<Rate> rate_limits{{0.1}, {1e9}};
constexpr plan::Phases match_phases{.warmup = std::chrono::milliseconds(500),
                                    .duration = std::chrono::seconds(1)};
/// The last trial begins then.
constexpr Duration match_budget = std::chrono::seconds(86);
constexpr int lost_limit = 5;  // trials in a row that do not count

constexpr std::size_t trials_of_step = 3;
/// One trial so far from the rate tells the side.
constexpr double clear = 0.10;
/// A mean so close is the answer, where the interval holds the rate.
constexpr double close = 0.015;
/// And one so close is it in any case.
constexpr double very_close = 0.005;
/// Two times of CPU so close to each other are one.
constexpr double nearly_one = 1.02;

double mean_of(const Bisection::Step& step) {
  double sum = 0;
  for (const double rate : step.rates) sum += rate;
  return sum / static_cast<double>(step.rates.size());
}

record::Cell at(record::Cell cell, double cpus) {
  const std::string value = fmt::format("{:.4g}", cpus);
  cell.label = fmt::format("{} machine.cpu={}", cell.label, value);
  cell.knobs.emplace_back("machine.cpu", value);
  cell.role = record::Role::grid_step;
  return cell;
}

record::Matched matched_by(const Target& target, const Bisection::Step& step,
                           const std::string& run) {
  const auto served = step.served();
  return {.stack = target.stack,
          .wanted_per_s = target.rate.per_second,
          .cpus = step.cpus,
          .served_per_s = served.estimate,
          .low_per_s = served.low,
          .high_per_s = served.high,
          .run = run};
}

}  // namespace

Result<Target> target_from(std::string_view text) {
  const auto at = text.rfind('=');
  const std::string help = "write it like --match falcon-meinheld=1046/s";
  if (at == std::string_view::npos || trim(text.substr(0, at)).empty()) {
    return fail(ErrorKind::usage, fmt::format("--match {}: it is no STACK=RATE", printable(text)),
                help);
  }
  const auto rate = parse_within(trim(text.substr(at + 1)), rate_limits);
  if (!rate) {
    return fail(ErrorKind::usage, fmt::format("--match {}: {}", printable(text), rate.error().what),
                help);
  }
  return Target{std::string(trim(text.substr(0, at))), *rate};
}

Bisection::Bisection(double rate, double least, double most)
    : rate_(rate), least_(least), most_(most), steps_{{.cpus = most}}, next_(most) {}

std::optional<double> Bisection::next() const {
  return next_;
}

void Bisection::add(double rate) {
  steps_.back().rates.push_back(rate);
  judge();
}

stats::Estimate Bisection::Step::served() const {
  return stats::mean_interval(rates);
}

const Bisection::Step& Bisection::closest() const {
  const auto distance = [&](const Step& step) {
    return step.rates.empty() ? HUGE_VAL : std::abs(mean_of(step) / rate_ - 1);
  };
  // Of two as far away the later one: both ends have moved since the other.
  return *std::ranges::min_element(steps_.rbegin(), steps_.rend(), {}, distance);
}

void Bisection::judge() {
  const Step& step = steps_.back();
  const double mean = mean_of(step);
  const bool is_clear = std::abs(step.rates.back() / rate_ - 1) > clear;
  // That the whole machine does not serve it ends the search: no single trial says that.
  const bool whole_is_behind = steps_.size() == 1 && mean < rate_;
  const bool tells = is_clear && !whole_is_behind;
  if (!tells && step.rates.size() < trials_of_step) return;  // one more of the same
  const auto served = step.served();
  const bool holds = served.low && *served.low <= rate_ && rate_ <= *served.high;
  const double off = std::abs(mean / rate_ - 1);
  if ((holds && off <= close) || (!is_clear && off <= very_close)) {
    next_.reset();
    return;
  }
  if (whole_is_behind) {
    too_slow_ = !holds;
    next_.reset();
    return;
  }
  (mean < rate_ ? least_ : most_) = step.cpus;
  if (most_ / least_ < nearly_one) {
    next_.reset();
    return;
  }
  // What uses CPU time only would serve in proportion. Every second step is in the middle, so that
  // the ends meet whatever the curve.
  const double tenth = (most_ - least_) / 10;
  const double guess = steps_.size() % 2 == 1
                           ? std::clamp(step.cpus * rate_ / mean, least_ + tenth, most_ - tenth)
                           : std::sqrt(least_ * most_);
  steps_.push_back({.cpus = guess});
  next_ = guess;
}

Task match_task(const record::Cell& cell, const scenario::Scenario& scenario, Task how) {
  how.scenario = scenario.name;
  how.knobs = in_force(scenario);
  how.cells = {cell};
  how.baseline = cell.label;
  how.blocks = 1;
  how.phases = match_phases;
  how.fresh_blocks = 0;
  how.confirm_limiters = false;
  how.patience = Duration(0);
  how.budget = match_budget;
  how.search = true;
  return how;
}

Result<record::Matched> match(const Task& task, const Target& target, double most_cpus, Site& site,
                              record::Store& store, experiment::Watcher& watcher,
                              const experiment::Stop& stop, const Clock& clock) {
  record::Run run{.manifest = manifest_of(task, host::facts(), clock.wall()), .trials = {}};
  record::Manifest& manifest = run.manifest;
  if (auto ready = site.prepare(manifest, watcher, stop.now.get_token()); !ready)
    return std::unexpected(ready.error());
  const record::Cell whole = manifest.cells.front();
  if (!whole.failure.empty()) return fail(ErrorKind::environment, whole.failure);
  manifest.cells = {at(whole, most_cpus)};
  manifest.baseline = manifest.cells.front().label;
  if (auto kept = store.add_run(manifest); !kept) return std::unexpected(kept.error());

  Bisection bisection(target.rate.per_second, least_cpus, most_cpus);
  const Instant deadline = clock.now() + match_budget;
  int lost = 0;
  std::string reason = "no trial was made in time";
  for (int block = 1; bisection.next() && clock.now() < deadline && lost < lost_limit; ++block) {
    if (stop.finish || stop.now.stop_requested())
      return fail(ErrorKind::interrupted, "the search for the CPU time was interrupted");
    const record::Cell cell = at(whole, *bisection.next());
    if (std::ranges::find(manifest.cells, cell.label, &record::Cell::label) ==
        manifest.cells.end()) {
      manifest.cells.push_back(cell);
      if (auto kept = store.update_run(manifest); !kept) return std::unexpected(kept.error());
    }
    watcher.passing(fmt::format("looking for the CPU time: {}", cell.label));
    const plan::Place place{
        .block = block,
        .seed = experiment::trial_seed(manifest.seed, block, manifest.cells.size())};
    auto trial = site.bench().run(cell, task.phases, place, stop.now.get_token());
    if (!trial) return std::unexpected(trial.error());
    trial->purpose = record::Purpose::planned;
    if (auto kept = store.add_trial(manifest.run, *trial); !kept)
      return std::unexpected(kept.error());
    if (record::counts(manifest, *trial) && trial->throughput_per_s > 0) {
      bisection.add(trial->throughput_per_s);
      lost = 0;
    } else {
      ++lost;
      if (!trial->verdict.reasons.empty()) reason = trial->verdict.reasons.front();
    }
  }
  const Bisection::Step& step = bisection.closest();
  if (step.rates.empty() || lost == lost_limit) {
    return fail(ErrorKind::environment,
                fmt::format("--match: the CPU time could not be found: {}", reason),
                "try again when the machine is quiet, or --accept-noise");
  }
  if (bisection.is_too_slow()) {
    return fail(ErrorKind::environment,
                fmt::format("--match: {} serves {:.0f}/s with the whole machine, {:.0f}/s were to "
                            "be matched",
                            target.stack, mean_of(step), target.rate.per_second),
                "a rate below that, or a quicker machine");
  }
  auto matched = matched_by(target, step, manifest.run);
  watcher.say(analysis::to_text(matched));
  return matched;
}

}  // namespace unrig::campaign
