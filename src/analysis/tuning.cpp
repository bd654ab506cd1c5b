#include "analysis/tuning.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "analysis/figures.h"
#include "analysis/ratios.h"
#include "base/plural.h"
#include "base/text.h"
#include "plan/workers.h"
#include "record/counts.h"
#include "stats/blocks.h"
#include "stats/standing.h"

namespace unrig::analysis {
namespace {

/// Best over own; see Tuning::gain.
void compare_with_own(const record::Run& run, const record::Cell& best, const record::Cell& own,
                      Tuning& tuning) {
  if (best.workers == own.workers) {
    tuning.gain = {.estimate = 1};
    return;
  }
  const std::size_t a = index_of(run, best.label);
  const std::size_t b = index_of(run, own.label);
  const Ratios confirmed(run, throughput, Blocks::fresh);
  tuning.gain_is_fresh = confirmed.blocks(a, b) > 0;
  const Ratios planned(run, throughput);
  const Ratios& ratios = tuning.gain_is_fresh ? confirmed : planned;
  tuning.gain_blocks = ratios.blocks(a, b);
  tuning.gain = ratios.of(a, b);
}

/// The range around the best; see Tuning::no_difference. `tried` in the order of workers.
void find_range(const record::Run& run, const std::vector<const record::Cell*>& tried,
                std::size_t best, Tuning& tuning) {
  const double error = 1 - tuning.confidence;
  const double each = error / static_cast<double>(std::max<std::size_t>(1, tried.size() - 1));
  const Ratios ratios(run, throughput);
  bool any_interval = false;
  std::vector<stats::Standing> against_best;
  for (const auto* cell : tried) {
    // Both ends of a two-sided interval with twice the error are one-sided bounds with that error.
    const auto ratio =
        ratios.of(index_of(run, cell->label), index_of(run, tried[best]->label), 1 - 2 * each);
    any_interval |= cell != tried[best] && ratio.low.has_value();
    against_best.push_back(stats::standing(ratio, tuning.margin));
  }
  if (!any_interval) return;
  std::size_t low = best, high = best;
  while (low > 0 && against_best[low - 1] != stats::Standing::slower) --low;
  while (high + 1 < tried.size() && against_best[high + 1] != stats::Standing::slower) ++high;
  tuning.no_difference = WorkerRange{tried[low]->workers, tried[high]->workers};
  tuning.sure = true;
  for (std::size_t i = low; i <= high; ++i) {
    tuning.sure &= i == best || against_best[i] == stats::Standing::equivalent;
  }
}

std::string gain_text(const Tuning& tuning) {
  const auto& gain = tuning.gain;
  if (tuning.gain_blocks == 0) {
    return fmt::format("no block has a valid trial of both it and the baseline's {}", tuning.own);
  }
  const std::string interval =
      gain.low ? fmt::format(" [{:.2f}, {:.2f}]", *gain.low, *gain.high) : "";
  return fmt::format("{:.2f} times{} as many requests/s as with the baseline's {}, over {}{} {}",
                     gain.estimate, interval, tuning.own, tuning.gain_blocks,
                     tuning.gain_is_fresh ? " fresh" : "",
                     tuning.gain_blocks == 1 ? "block" : "blocks");
}

std::string range_text(const Tuning& tuning) {
  if (tuning.tried.low == tuning.tried.high) return "No other number counts.";
  if (!tuning.no_difference) return "Three blocks at least are needed to say which are as good.";
  const auto& [low, high] = *tuning.no_difference;
  const double margin = tuning.margin * 100;
  if (low == high) {
    return fmt::format("Every other number that was tried is slower by more than {:g} %.", margin);
  }
  if (tuning.sure) {
    return fmt::format("Between {} and {} workers it makes no difference: all are within {:g} %.",
                       low, high, margin);
  }
  return fmt::format(
      "Between {} and {} workers this run sees no difference (margin {:g} %); more blocks would "
      "see smaller ones.",
      low, high, margin);
}

/// Trials of the run by cell; see searched().
struct Steps {
  struct Step {
    const record::Cell* cell;
    int counted = 0;
    double level = 0;  // requests per second
  };
  std::vector<Step> steps;  // by workers
  std::string reason;       // why one of them does not count

  explicit Steps(const record::Run& run) {
    for (const auto& cell : run.manifest.cells) steps.push_back({&cell});
    std::ranges::sort(steps, {}, [](const Step& step) { return step.cell->workers; });
    int last = 0;
    for (const auto& trial : run.trials) last = std::max(last, trial.block);
    stats::BlockTable table(steps.size(), static_cast<std::size_t>(last) + 1);
    for (const auto& trial : run.trials) {
      const auto step = std::ranges::find_if(
          steps, [&](const Step& each) { return each.cell->label == trial.label; });
      if (step == steps.end()) continue;
      const bool counts = record::counts(run.manifest, trial) && trial.throughput_per_s > 0;
      step->counted += counts ? 1 : 0;
      if (counts) {
        table.set(static_cast<std::size_t>(trial.block),
                  static_cast<std::size_t>(step - steps.begin()), trial.throughput_per_s);
      } else if (reason.empty() && !trial.verdict.reasons.empty()) {
        reason = trial.verdict.reasons.front();
      }
    }
    // Beside the one that was measured most often, as not all are in every block.
    const auto most = std::ranges::max_element(steps, {}, &Step::counted);
    const auto levels = stats::log_levels(table, static_cast<std::size_t>(most - steps.begin()));
    for (std::size_t i = 0; i < steps.size(); ++i) steps[i].level = std::exp(levels[i]);
  }
};

}  // namespace

Searched searched(const record::Run& run) {
  Searched found;
  if (run.manifest.cells.empty()) return found;
  const Steps all(run);
  double highest = 0;
  for (const auto& step : all.steps) {
    if (step.counted == 0) continue;
    found.tried.emplace_back(step.cell->workers, step.level);
    highest = std::max(highest, step.level);
  }
  const std::string because = all.reason.empty() ? "" : ": " + all.reason;
  const auto equal = [&](const Steps::Step& step) {
    return step.counted > 0 && step.level * (1 + run.manifest.margin) >= highest;
  };
  const auto best = std::ranges::find_if(all.steps, equal);
  if (best == all.steps.end()) {
    const std::string& failure = all.steps.front().cell->failure;
    found.spoiled =
        failure.empty() ? "no trial counts" + because : failure.substr(0, failure.find('\n'));
    return found;
  }
  found.best = best->cell->workers;
  if (best->counted == 1) found.note = "what was best was measured once";
  for (const auto& step : all.steps) {
    const auto apart = &step - &*best;
    if (std::abs(apart) == 1 && step.counted == 0 && found.spoiled.empty())
      found.spoiled = fmt::format("no trial with {} counts{}", step.cell->workers, because);
  }
  return found;
}

std::string to_text(const record::Tuned& tuned) {
  std::vector<std::string> steps;
  for (const auto& [workers, rate] : tuned.tried)
    steps.push_back(fmt::format("{} {:.0f}/s", workers, rate));
  const std::string model = tuned.knob.substr(tuned.knob.find('.') + 1);
  std::string text = fmt::format("workers, {}: {}{}{}", model, join(steps, ", "),
                                 steps.empty() ? "" : ": ", tuned.workers);
  if (tuned.how == "searched") {
    text += fmt::format(" (searched with {})", tuned.stack);
  } else if (tuned.how == "stored") {
    text += fmt::format(" (as run {} found with {})", tuned.run, tuned.stack);
  } else {
    text += fmt::format(" ({})", tuned.how);
  }
  return tuned.note.empty() ? text : text + "; " + tuned.note;
}

bool is_tuning(const record::Manifest& manifest) {
  const auto& cells = manifest.cells;
  // The cell that has the scenario's own number may have no knob of its own.
  const auto is_step = [&](const record::Cell& cell) {
    return cell.role == record::Role::grid_step && same_stack(cell, cells.front()) &&
           std::ranges::all_of(cell.knobs, [&](const auto& setting) {
             return setting.first == plan::workers_knob(cell);
           });
  };
  return cells.size() > 1 && std::ranges::all_of(cells, is_step) &&
         std::ranges::any_of(cells, [](const auto& cell) { return !cell.knobs.empty(); });
}

std::optional<Tuning> tuning_of(const record::Run& run, const Summary& summary) {
  const auto& manifest = run.manifest;
  if (!is_tuning(manifest)) return std::nullopt;
  std::vector<const record::Cell*> tried;  // the best first
  for (const auto& row : summary.rows) {
    if (row.ranked()) tried.push_back(&row.cell);
  }
  const auto own = std::ranges::find(manifest.cells, manifest.baseline, &record::Cell::label);
  if (tried.empty() || own == manifest.cells.end()) return std::nullopt;
  const auto& best = *tried.front();
  std::ranges::sort(tried, {}, &record::Cell::workers);
  const auto place = static_cast<std::size_t>(std::ranges::find(tried, &best) - tried.begin());

  Tuning tuning{.stack = best.stack,
                .knob = plan::workers_knob(best),
                .own = own->workers,
                .best = best.workers,
                .tried = {tried.front()->workers, tried.back()->workers},
                .margin = manifest.margin};
  compare_with_own(run, best, *own, tuning);
  find_range(run, tried, place, tuning);
  return tuning;
}

std::string to_text(const Tuning& tuning) {
  std::string text =
      fmt::format("{} served most with {}", tuning.stack, counted(tuning.best, "worker"));
  text += tuning.best == tuning.own ? ", the baseline's number. "
                                    : fmt::format(": {}. ", gain_text(tuning));
  if (tuning.best == tuning.tried.high && tuning.best != tuning.tried.low) {
    text += fmt::format("No more were tried: --set {}={} tries around that. ", tuning.knob,
                        tuning.best);
  }
  text += range_text(tuning);
  if (tuning.best != tuning.own) {
    text += fmt::format("\nPin it: --set {}={}", tuning.knob, tuning.best);
  }
  return text;
}

std::string to_text(const record::Matched& matched) {
  const std::string interval =
      matched.low_per_s ? fmt::format(" [{:.0f}, {:.0f}]", *matched.low_per_s, *matched.high_per_s)
                        : "";
  return fmt::format("machine.cpu {:.4g}: {} serves {:.0f}/s{} of the {:.0f}/s to be matched",
                     matched.cpus, matched.stack, matched.served_per_s, interval,
                     matched.wanted_per_s);
}

}  // namespace unrig::analysis
