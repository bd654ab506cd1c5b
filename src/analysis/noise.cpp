#include "analysis/noise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include "base/text.h"
#include "plan/cells.h"
#include "record/counts.h"

namespace unrig::analysis {
namespace {

using record::Cause;

/// The disturbances of all trials of one cause, as one.
struct Share {
  int trials = 0;
  record::Disturbance sum;
  std::map<std::string, double> programs;

  void add(const record::Disturbance& seen) {
    ++trials;
    sum.steal = sum.steal.value_or(0) + seen.steal.value_or(0);
    sum.foreign = sum.foreign.value_or(0) + seen.foreign.value_or(0);
    sum.unseen = sum.unseen.value_or(0) + seen.unseen.value_or(0);
    sum.frequency_change =
        sum.frequency_change.value_or(0) + std::abs(seen.frequency_change.value_or(0));
    programs[seen.foreign_name] += seen.foreign.value_or(0);
  }
  [[nodiscard]] record::Disturbance mean() const {
    record::Disturbance mean = sum;
    mean.steal = *mean.steal / trials;
    mean.foreign = *mean.foreign / trials;
    mean.unseen = *mean.unseen / trials;
    mean.frequency_change = *mean.frequency_change / trials;
    const auto most =
        std::ranges::max_element(programs, {}, [](const auto& entry) { return entry.second; });
    mean.foreign_name = most->first;
    return mean;
  }
};

/// Trials of the cell that count or were only disturbed, confirmation left out.
std::map<int, const record::Trial*> usable(const record::Run& run, const std::string& label) {
  std::map<int, const record::Trial*> found;
  for (const auto& trial : run.trials) {
    const bool any = record::counts(run.manifest, trial) || trial.verdict.disturbed;
    if (trial.label == label && any && record::is_of_table(trial.purpose)) {
      found[trial.block] = &trial;
    }
  }
  return found;
}

/// As far as `up` and `down`, factors of at least 1, could have moved it.
stats::Estimate widened(stats::Estimate estimate, double down, double up) {
  if (!estimate.low) return estimate;
  *estimate.low /= down;
  *estimate.high *= up;
  return estimate;
}

/// How much more there might have been without the others: 1 / (1 - their share), in the mean.
double possible_gain(const std::vector<const record::Trial*>& trials) {
  double sum = 0;
  for (const auto* trial : trials) sum += record::lost_share(trial->disturbance);
  return trials.empty() ? 1 : 1 / (1 - sum / static_cast<double>(trials.size()));
}

/// None where one of them does not have it: too few requests for a percentile.
std::vector<double> values(const std::vector<const record::Trial*>& trials, Figure figure) {
  std::vector<double> found;
  for (const auto* trial : trials) found.push_back(figure(*trial));
  const bool any_missing =
      std::ranges::any_of(found, [](double value) { return std::isnan(value); });
  return any_missing ? std::vector<double>{} : found;
}

}  // namespace

std::string remedy(Cause cause, const std::string& program) {
  switch (cause) {
    case Cause::foreign: {
      const bool plain = !program.empty() && std::ranges::all_of(program, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' ||
               c == '.' || c == '+';
      });
      return plain ? fmt::format("end or pause {0}; ps -C {0} -o pid,pcpu,args shows it", program)
                   : "end or pause what uses the CPU; top shows it";
    }
    case Cause::steal:
      return "other guests of this virtual machine's host take its cores: only time, or another "
             "machine, helps";
    case Cause::unseen:
      return "programs that come and go, or neighbours outside of this container: look with top, "
             "outside as well";
    case Cause::frequency:
      return "the processor changes its speed: give it mains power and time to cool, or fix it "
             "with cpupower frequency-set -g performance";
  }
  return {};
}

Noise noise_of(const record::Run& run, int block) {
  Noise noise;
  std::map<Cause, Share> shares;
  for (const auto& trial : run.trials) {
    if (block != 0 && trial.block != block) continue;
    if (trial.verdict.unsteady) ++noise.unsteady;
    if (!trial.verdict.disturbed) continue;
    ++noise.disturbed;
    for (const Cause cause : record::causes_of(trial.disturbance)) {
      shares[cause].add(trial.disturbance);
    }
  }
  for (const auto& [cause, share] : shares) {
    if (noise.cause && shares.at(*noise.cause).trials >= share.trials) continue;
    noise.cause = cause;
  }
  if (!noise.cause) {
    if (noise.unsteady > 0) noise.text = "throughput did not stay on one level";
    return noise;
  }
  const record::Disturbance mean = shares.at(*noise.cause).mean();
  if (noise.cause == Cause::foreign) noise.program = mean.foreign_name;
  noise.text = record::reason_of(*noise.cause, mean);
  return noise;
}

std::vector<std::string> advice_while_waiting(const record::Run& run, int block) {
  const Noise noise = noise_of(run, block);
  if (!noise.cause) return {};
  return {
      remedy(*noise.cause, noise.program),
      "--patience 10m waits longer, --patience 0s not at all; --accept-noise counts such trials, "
      "marked"};
}

namespace {

std::vector<std::string> advice_on_noise(const record::Run& run) {
  const auto& cells = run.manifest.cells;
  // As many as were asked for, or enough for an interval.
  const std::size_t wanted =
      run.manifest.blocks > 0 ? std::min<std::size_t>(stats::interval_values_min,
                                                      static_cast<std::size_t>(run.manifest.blocks))
                              : stats::interval_values_min;
  const bool any_missing = std::ranges::any_of(cells, [&](const record::Cell& cell) {
    return cell.failure.empty() && valid_trials(run, cell.label).size() < wanted;
  });
  const Noise noise = noise_of(run);
  if (!any_missing || noise.disturbed + noise.unsteady == 0) return {};
  std::vector<std::string> lines;
  if (noise.unsteady > noise.disturbed) {
    lines.emplace_back("a longer warm-up finds its level: the same command with --warmup 10s");
    return lines;
  }
  // The limits may have been others when the trials of a stored run were judged.
  if (noise.cause) lines.push_back(remedy(*noise.cause, noise.program));
  const bool confirmed = std::ranges::any_of(
      run.trials, [](const auto& trial) { return !record::is_of_table(trial.purpose); });
  if (record::measures_urls(run.manifest) || confirmed) {
    lines.emplace_back("measure again when the machine is quiet: --patience 10m waits for that");
    lines.emplace_back("or count such trials, marked: the same command with --accept-noise");
    return lines;
  }
  const std::string& name = run.manifest.run;
  lines.push_back(fmt::format(
      "when the machine is quiet, measure again what was disturbed: unrig run --resume {}", name));
  lines.push_back(
      fmt::format("or let it wait for that: unrig run --resume {} --patience 10m", name));
  lines.push_back(
      fmt::format("or count such trials, marked: unrig run --resume {} --accept-noise", name));
  return lines;
}

/// The load generator had no core, and might have had one. In a machine that is emulated with the
/// chain it has no priority, whatever it is asked for.
bool stood_in_line(const record::Manifest& manifest, const record::Trial& trial) {
  if (trial.verdict.valid || trial.events.away_generator.empty()) return false;
  if (!trial.conditions || !trial.conditions->sees_server || trial.conditions->real_time_load)
    return false;
  const auto cell = std::ranges::find(manifest.cells, trial.label, &record::Cell::label);
  return cell == manifest.cells.end() ||
         plan::value_of(manifest, *cell, "machine.with_load") != "true";
}

}  // namespace

std::vector<std::string> advice_after(const record::Run& run) {
  auto lines = advice_on_noise(run);
  if (std::ranges::any_of(run.trials, [&](const record::Trial& trial) {
        return stood_in_line(run.manifest, trial);
      }))
    lines.emplace_back(
        "the load generator goes before all others with load.real_time=true, as root or where "
        "`ulimit -r` is not 0 (limits.conf: rtprio)");
  const bool unproven = std::ranges::any_of(
      run.manifest.cells, [](const record::Cell& cell) { return !cell.unproven_claims().empty(); });
  if (unproven && !run.manifest.accept_unproven)
    lines.push_back(fmt::format(
        "rank what could not be checked, marked: unrig run --resume {} --accept-unproven",
        run.manifest.run));
  return lines;
}

std::optional<DisturbedFigures> disturbed_figures(const record::Run& run,
                                                  const record::Cell& cell) {
  std::vector<const record::Trial*> trials;
  for (const auto& [block, trial] : usable(run, cell.label)) {
    if (record::counts(run.manifest, *trial)) return std::nullopt;
    trials.push_back(trial);
  }
  if (trials.empty()) return std::nullopt;
  DisturbedFigures figures{.trials = static_cast<int>(trials.size())};
  const double gain = possible_gain(trials);
  figures.throughput_per_s = widened(stats::positive_interval(values(trials, throughput)), 1, gain);
  figures.p50_us = widened(stats::positive_interval(values(trials, p50)), gain, 1);
  figures.p99_us = widened(stats::positive_interval(values(trials, p99)), gain, 1);
  figures.ratio = disturbed_ratio(run, cell.label, run.manifest.baseline);
  std::vector<double> cpu;
  std::map<std::string, int> votes;
  for (const auto* trial : trials) {
    figures.sessions_max = std::max(figures.sessions_max, trial->db.sessions_max);
    if (const auto used = trial->cpu_us_per_request.chain()) cpu.push_back(*used);
    if (++votes[trial->limiter.name] > votes[figures.limiter.name])
      figures.limiter = trial->limiter;
  }
  if (!cpu.empty()) figures.cpu_us_per_request = stats::mean(cpu);
  return figures;
}

stats::Estimate disturbed_ratio(const record::Run& run, const std::string& a,
                                const std::string& b) {
  std::vector<double> differences;
  std::vector<const record::Trial*> of_a, of_b;
  const auto partners = usable(run, b);
  for (const auto& [block, trial] : usable(run, a)) {
    const auto partner = partners.find(block);
    if (partner == partners.end()) continue;
    if (trial->throughput_per_s <= 0 || partner->second->throughput_per_s <= 0) continue;
    differences.push_back(std::log(trial->throughput_per_s / partner->second->throughput_per_s));
    of_a.push_back(trial);
    of_b.push_back(partner->second);
  }
  const stats::Estimate ratio = stats::ratio_interval(differences);
  return a == b ? ratio : widened(ratio, possible_gain(of_b), possible_gain(of_a));
}

}  // namespace unrig::analysis
