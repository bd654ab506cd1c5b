#include "experiment/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/random.h"
#include "experiment/window.h"
#include "plan/cells.h"
#include "plan/perturbation.h"
#include "record/counts.h"
#include "stats/blocks.h"
#include "stats/stopping.h"

namespace unrig::experiment {
namespace {

using record::Purpose;
using record::Trial;

/// Fewer fresh blocks are too often precise by luck (docs/statistics.md).
constexpr int confirmation_least = 5;
/// So many fresh blocks in a row that say nothing are enough.
constexpr int confirmation_in_vain = 3;
/// With fewer cells nothing was chosen out of many, and there is nothing to confirm.
constexpr std::size_t confirmed_from = 3;

/// Answers questions about the trials of a run; cells are named by their index in the manifest.
class History {
 public:
  explicit History(const record::Run& run) : run_(run) {
    std::map<std::string, std::size_t> index;
    for (std::size_t i = 0; i < plan::places(run.manifest); ++i) {
      const std::string& label = plan::label_at(run.manifest, i);
      index.try_emplace(label, i);  // a change that cannot be made has its cell's label
      if (label == run.manifest.baseline) baseline_ = i;
    }
    for (const Trial& trial : run.trials) {
      const auto found = index.find(trial.label);
      if (found == index.end()) continue;
      trials_.push_back({&trial, found->second});
      last_block_ = std::max(last_block_, trial.block);
    }
  }

  [[nodiscard]] int last_block() const { return last_block_; }
  [[nodiscard]] std::size_t cells() const { return run_.manifest.cells.size(); }
  [[nodiscard]] std::optional<std::size_t> baseline() const { return baseline_; }
  /// What the cell is held against. There has to be a baseline.
  [[nodiscard]] std::size_t partner(std::size_t cell) const {
    return plan::beside(run_.manifest.cells, *baseline_, cell);
  }
  [[nodiscard]] bool runs(std::size_t cell) const {
    return plan::failure_at(run_.manifest, cell).empty();
  }

  [[nodiscard]] bool is_what_it_claims(std::size_t cell) const {
    return record::is_as_claimed(run_.manifest, run_.manifest.cells[cell]);
  }
  [[nodiscard]] bool is_double(std::size_t cell) const {
    return run_.manifest.cells[cell].role == record::Role::baseline_double;
  }

  [[nodiscard]] std::vector<std::size_t> running_cells() const {
    std::vector<std::size_t> cells;
    for (std::size_t i = 0; i < run_.manifest.cells.size(); ++i) {
      if (runs(i)) cells.push_back(i);
    }
    return cells;
  }

  [[nodiscard]] bool has(std::size_t cell, int block) const {
    return std::any_of(trials_.begin(), trials_.end(), [&](const Entry& entry) {
      return entry.cell == cell && entry.trial->block == block;
    });
  }
  /// The purpose of a block that has trials.
  [[nodiscard]] std::optional<Purpose> purpose(int block) const {
    for (const Entry& entry : trials_) {
      if (entry.trial->block == block) return entry.trial->purpose;
    }
    return std::nullopt;
  }

  /// Throughput by block of the valid trials before `block`, confirmation left out.
  [[nodiscard]] std::map<int, double> values(std::size_t cell, int block) const {
    std::map<int, double> of;
    for (const Entry& entry : trials_) {
      const Trial& trial = *entry.trial;
      if (entry.cell == cell && trial.block < block && record::counts(run_.manifest, trial) &&
          record::is_of_table(trial.purpose)) {
        of[trial.block] = trial.throughput_per_s;
      }
    }
    return of;
  }
  /// Perturbation blocks before `block` in which both count.
  [[nodiscard]] int perturbed_pairs(std::size_t a, std::size_t b, int block) const {
    std::map<int, int> counting;
    for (const Entry& entry : trials_) {
      const Trial& trial = *entry.trial;
      if (trial.purpose == Purpose::perturbation && trial.block < block &&
          (entry.cell == a || entry.cell == b) && record::counts(run_.manifest, trial))
        ++counting[trial.block];
    }
    return static_cast<int>(std::ranges::count(counting, 2, &std::pair<const int, int>::second));
  }
  /// ln(a / b) of every fresh block before `block` in which both count.
  [[nodiscard]] std::vector<double> fresh_differences(std::size_t a, std::size_t b,
                                                      int block) const {
    std::map<int, std::map<std::size_t, double>> values;
    for (const Entry& entry : trials_) {
      const Trial& trial = *entry.trial;
      if (trial.purpose == Purpose::confirmation && trial.block < block &&
          record::counts(run_.manifest, trial) && trial.throughput_per_s > 0) {
        values[trial.block][entry.cell] = trial.throughput_per_s;
      }
    }
    std::vector<double> differences;
    for (const auto& [number, of] : values) {
      if (of.contains(a) && of.contains(b)) differences.push_back(std::log(of.at(a) / of.at(b)));
    }
    return differences;
  }
  [[nodiscard]] std::vector<double> log_differences(std::size_t a, std::size_t b, int block) const {
    const auto of_b = values(b, block);
    std::vector<double> differences;
    for (const auto& [number, value] : values(a, block)) {
      const auto partner = of_b.find(number);
      if (partner != of_b.end()) differences.push_back(std::log(value / partner->second));
    }
    return differences;
  }

  [[nodiscard]] int worth_another_try(std::size_t cell, int block) const {
    return count(cell, block, [this](const Trial& trial) {
      const auto& verdict = trial.verdict;
      return verdict.unsteady || verdict.mishap ||
             (verdict.disturbed && !record::counts(run_.manifest, trial));
    });
  }
  [[nodiscard]] int made_up(std::size_t cell, int block) const {
    return count(cell, block, [](const Trial& trial) { return trial.purpose == Purpose::make_up; });
  }

 private:
  struct Entry {
    const Trial* trial;
    std::size_t cell;
  };
  template <class Predicate>
  [[nodiscard]] int count(std::size_t cell, int block, Predicate counts) const {
    return static_cast<int>(std::count_if(trials_.begin(), trials_.end(), [&](const Entry& entry) {
      return entry.cell == cell && entry.trial->block < block && counts(*entry.trial);
    }));
  }

  const record::Run& run_;
  std::vector<Entry> trials_;
  std::optional<std::size_t> baseline_;
  int last_block_ = 0;
};

/// Adds all that `cells` are held against, as far as it runs: a ratio is one of common blocks.
void add_partners(const History& history, std::vector<std::size_t>& cells) {
  if (!history.baseline()) return;
  for (std::size_t i = 0; i < cells.size(); ++i) {  // a partner has one, too
    const std::size_t partner = history.partner(cells[i]);
    if (history.runs(partner) && std::ranges::find(cells, partner) == cells.end())
      cells.push_back(partner);
  }
}

/// Of a search; see next_block().
std::vector<std::size_t> contenders(const History& history, int block) {
  constexpr double may_be_the_fastest = 0.8;           // of the fastest
  std::vector<std::pair<double, std::size_t>> ranked;  // the slowest first
  std::vector<std::size_t> cells;
  for (const std::size_t cell : history.running_cells()) {
    double sum = 0;
    const auto values = history.values(cell, block);
    for (const auto& [number, value] : values) sum += value;
    if (values.empty()) {
      cells.push_back(cell);
    } else {
      ranked.emplace_back(sum / static_cast<double>(values.size()), cell);
    }
  }
  std::ranges::sort(ranked);
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    const bool one_of_two = i + 2 >= ranked.size();
    if (one_of_two || ranked[i].first >= may_be_the_fastest * ranked.back().first)
      cells.push_back(ranked[i].second);
  }
  return cells;
}

/// Cells of the planned block `block`; empty when there is none.
std::vector<std::size_t> planned_cells(const History& history, const Rule& rule, int block) {
  auto all = history.running_cells();
  if (rule.searches && block > 1 && block <= rule.blocks) return contenders(history, block);
  if (rule.blocks > 0) return block <= rule.blocks ? all : std::vector<std::size_t>{};
  if (block > rule.blocks_limit) return {};
  const stats::StoppingRule stopping{.precision = rule.precision};
  if (block <= static_cast<int>(stopping.blocks_min) || !history.baseline()) return all;
  std::vector<std::size_t> wanting;
  for (const std::size_t cell : all) {
    if (cell == *history.baseline()) continue;
    const auto differences = history.log_differences(cell, history.partner(cell), block);
    if (!stats::precise_enough(differences, stopping)) wanting.push_back(cell);
  }
  add_partners(history, wanting);
  return wanting;
}

/// Cells whose disturbed or unsteady trials are still to be made up for, and what to pair them
/// with.
std::vector<std::size_t> make_up_cells(const History& history, const Rule& rule, int block) {
  std::vector<std::size_t> cells;
  for (const std::size_t cell : history.running_cells()) {
    const int made_up = history.made_up(cell, block);
    if (history.worth_another_try(cell, block) > made_up && made_up < rule.make_up_limit) {
      cells.push_back(cell);
    }
  }
  add_partners(history, cells);
  return cells;
}

/// The fastest two before `block`, by the order of the table; empty where none is to confirm.
std::vector<std::size_t> finalists(const History& history, const Rule& rule, int block) {
  if (rule.confirmation_blocks == 0) return {};
  stats::BlockTable table(history.cells(), static_cast<std::size_t>(block));
  for (std::size_t cell = 0; cell < history.cells(); ++cell) {
    for (const auto& [number, value] : history.values(cell, block)) {
      if (value > 0) table.set(static_cast<std::size_t>(number), cell, value);
    }
  }
  const auto levels = stats::log_levels(table, history.baseline());
  std::vector<std::pair<double, std::size_t>> ranked;
  for (const std::size_t cell : history.running_cells()) {
    if (history.is_what_it_claims(cell) && !history.is_double(cell) && !std::isnan(levels[cell])) {
      ranked.emplace_back(-levels[cell], cell);
    }
  }
  if (ranked.size() < confirmed_from) return {};
  std::sort(ranked.begin(), ranked.end());
  const std::size_t first = ranked[0].second;
  if (!rule.confirms_baseline) return {first, ranked[1].second};
  const bool alone = !history.baseline() || first == *history.baseline();
  return alone ? std::vector<std::size_t>{} : std::vector{first, *history.baseline()};
}

/// Whether the fresh blocks before `number`, of which the first is `first`, are enough.
bool confirmed(const History& history, const record::Run& run, const Rule& rule,
               const std::vector<std::size_t>& pair, int first, int number) {
  const auto differences = history.fresh_differences(pair[0], pair[1], number);
  if (number - first >= confirmation_in_vain &&
      number - confirmation_in_vain > rule.disturbed_until &&
      history.fresh_differences(pair[0], pair[1], number - confirmation_in_vain).size() ==
          differences.size()) {
    return true;
  }
  if (!rule.confirms_until_precise) return false;
  const double precision = confirmation_precision(run, pair[0], pair[1], first);
  return stats::precise_enough(differences,
                               {.precision = precision, .blocks_min = confirmation_least});
}

/// Cells of the perturbation block `block`, of which `number` have been before; empty when there is
/// none. How many there are depends on what counts alone.
std::vector<std::size_t> perturbed_cells(const History& history, const record::Manifest& manifest,
                                         const Rule& rule, int block, int number) {
  constexpr int longest = 2;  // times as many as the rule says
  std::vector<std::size_t> cells;
  if (number >= longest * rule.perturbation_blocks) return cells;
  const auto add = [&](std::size_t cell) {
    if (std::ranges::find(cells, cell) == cells.end()) cells.push_back(cell);
  };
  for (std::size_t cell = history.cells(); cell < plan::places(manifest); ++cell) {
    const std::size_t base = plan::unchanged(manifest, cell);
    if (!history.runs(cell) || !history.runs(base) ||
        history.perturbed_pairs(cell, base, block) >= rule.perturbation_blocks)
      continue;
    add(cell);
    add(base);
  }
  return cells;
}

Block shuffled(const History& history, const record::Run& run, int number, Purpose purpose,
               std::vector<std::size_t> cells) {
  std::sort(cells.begin(), cells.end());
  Block block{.number = number, .purpose = purpose, .cells = {}};
  for (const std::size_t place : block_order(run.manifest.seed, number, cells.size())) {
    if (history.has(cells[place], number)) {
      ++block.position;
    } else if (history.runs(cells[place])) {
      block.cells.push_back(cells[place]);
    }
  }
  return block;
}

}  // namespace

std::optional<Block> next_block(const record::Run& run, const Rule& rule) {
  const History history(run);
  int number = 1;
  const auto try_block = [&](Purpose purpose, std::vector<std::size_t> cells) {
    std::optional<Block> block;
    if (!cells.empty()) block = shuffled(history, run, number, purpose, std::move(cells));
    return block;
  };
  const auto is = [&](Purpose purpose) {
    const auto known = history.purpose(number);
    return !known || *known == purpose;
  };
  // Blocks follow one another: only the last one that has trials can lack some.
  const int complete = history.last_block() - 1;
  for (; is(Purpose::planned); ++number) {
    if (number <= complete) continue;
    auto block = try_block(Purpose::planned, planned_cells(history, rule, number));
    if (!block) break;
    block->later = number == rule.later_block;
    if (!block->cells.empty()) return block;
  }
  for (; is(Purpose::make_up); ++number) {
    if (number <= complete) continue;
    const bool after_make_up = history.purpose(number - 1) == Purpose::make_up;
    if (after_make_up && number - 1 > rule.disturbed_until && all_disturbed(run, number - 1)) break;
    const auto block = try_block(Purpose::make_up, make_up_cells(history, rule, number));
    if (!block) break;
    if (!block->cells.empty()) return block;
  }
  const int first = number;
  const auto pair = finalists(history, rule, first);
  // A run that goes on may get more of them after it was perturbed.
  const auto is_perturbed = [&] { return history.purpose(number) == Purpose::perturbation; };
  for (int fresh = 0; fresh < rule.confirmation_blocks && !pair.empty(); ++number) {
    if (is_perturbed()) continue;
    ++fresh;
    if (number > complete && confirmed(history, run, rule, pair, first, number)) break;
    const auto block = try_block(Purpose::confirmation, pair);
    if (!block) break;
    if (!block->cells.empty()) return block;
  }
  int before = 0;
  for (number = first; number <= history.last_block() + 1; ++number) {
    if (history.purpose(number).value_or(Purpose::perturbation) != Purpose::perturbation) continue;
    const auto block = try_block(Purpose::perturbation,
                                 perturbed_cells(history, run.manifest, rule, number, before++));
    if (block && !block->cells.empty()) return block;
  }
  return std::nullopt;
}

bool all_disturbed(const record::Run& run, int block) {
  bool any = false;
  for (const Trial& trial : run.trials) {
    if (trial.block != block) continue;
    if (!trial.verdict.disturbed) return false;
    any = true;
  }
  return any;
}

Rule rule_to_go_on(Rule rule, const record::Run& run) {
  const History history(run);
  const int blocks = std::max(rule.make_up_limit, rule.blocks);
  for (const std::size_t cell : history.running_cells()) {
    rule.make_up_limit =
        std::max(rule.make_up_limit, history.made_up(cell, history.last_block() + 1) + blocks);
  }
  rule.disturbed_until = history.last_block();
  return rule;
}

double confirmation_precision(const record::Run& run, std::size_t a, std::size_t b, int block) {
  constexpr double least = 1e-6;
  const auto differences = History(run).log_differences(a, b, block);
  const double seen = differences.empty() ? 0 : std::abs(stats::mean(differences));
  return std::max(least, std::expm1(std::max(seen, std::log1p(run.manifest.margin)) / 2));
}

plan::Phases phases_of(const record::Run& run, std::size_t cell, const Block& block,
                       plan::Phases usual) {
  const auto unsteady = [&](const Trial& trial) {
    return trial.label == plan::label_at(run.manifest, cell) && trial.verdict.unsteady;
  };
  if (block.purpose == Purpose::make_up &&
      std::any_of(run.trials.begin(), run.trials.end(), unsteady)) {
    usual.warmup *= 2;
  }
  if (block.later) usual.warmup += 2 * usual.duration;
  // Beside one another they are measured for as long.
  const std::size_t base = plan::unchanged(run.manifest, cell);
  usual.duration = window_of(run, run.manifest.cells[base], usual.duration);
  return usual;
}

int expected_trials(const Rule& rule, std::size_t cells, bool has_double, std::size_t confirmed) {
  const int blocks =
      rule.blocks > 0 ? rule.blocks : static_cast<int>(stats::StoppingRule{}.blocks_min);
  const int confirming = cells - (has_double ? 1 : 0) < confirmed_from ? 0
                         : rule.confirms_until_precise
                             ? 2 * std::min(confirmation_least, rule.confirmation_blocks)
                             : 2 * rule.confirmation_blocks;
  const int perturbed =
      rule.perturbation_blocks * expected_perturbed_trials * static_cast<int>(confirmed);
  return blocks * static_cast<int>(cells) + confirming + perturbed;
}

std::vector<std::size_t> block_order(std::uint64_t seed, int block, std::size_t n) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  RandomStream random(seed, fmt::format("order of block {}", block));
  random.shuffle(std::span(order));
  return order;
}

std::uint64_t trial_seed(std::uint64_t seed, int block, std::size_t cell) {
  return RandomStream(seed, fmt::format("trial {} of block {}", cell, block))() >> 11;
}

}  // namespace unrig::experiment
