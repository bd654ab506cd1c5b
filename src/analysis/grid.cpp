#include "analysis/grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>

#include "analysis/figures.h"
#include "analysis/ratios.h"
#include "base/plural.h"
#include "base/text.h"
#include "plan/cells.h"

namespace unrig::analysis {
namespace {

using record::Cell;
using stats::Verdict;

/// The cells of the grid, the baseline's double left out.
std::vector<const Cell*> steps_of(const record::Manifest& manifest) {
  std::vector<const Cell*> steps;
  for (const Cell& cell : manifest.cells) {
    if (cell.role == record::Role::grid_step) steps.push_back(&cell);
  }
  return steps;
}

/// What is varied, as the cell has it.
record::Pairs coordinates(const record::Manifest& manifest, const Cell& cell) {
  record::Pairs found;
  for (const auto& knob : varied_knobs(manifest))
    found.emplace_back(knob, plan::value_of(manifest, cell, knob));
  return found;
}

bool counts(const Summary& summary, const std::string& label) {
  return std::ranges::any_of(
      summary.rows, [&](const Row& row) { return row.cell.label == label && row.comparable(); });
}

GridSetting setting_of(const record::Run& run, const Summary& summary, const Ratios& ratios,
                       std::span<const Cell* const> cells, const Cell& baseline,
                       double confidence) {
  GridSetting setting{.knobs = coordinates(run.manifest, *cells.front()), .text = {}, .ratios = {}};
  setting.text = plan::setting_text(setting.knobs);
  const auto beside =
      std::ranges::find_if(cells, [&](const Cell* cell) { return same_stack(*cell, baseline); });
  for (const Cell* cell : cells) {
    if (same_stack(*cell, baseline)) continue;
    GridRatio line{.label = cell->label,
                   .name = plan::name_of(*cell),
                   .ratio = stats::ratio_interval({}),
                   .alone = stats::ratio_interval({}),
                   .verdict = {}};
    if (beside != cells.end() && counts(summary, cell->label) &&
        counts(summary, (*beside)->label)) {
      const std::size_t a = index_of(run, cell->label);
      const std::size_t b = index_of(run, (*beside)->label);
      line.ratio = ratios.of(a, b, confidence);
      line.alone = ratios.of(a, b);
      if (ratios.blocks(a, b) > 0) line.verdict = stats::verdict(line.ratio, run.manifest.margin);
    }
    setting.ratios.push_back(std::move(line));
  }
  return setting;
}

/// One stack at one setting, as its verdict there.
struct Step {
  std::string at;
  std::optional<Verdict> verdict;
};

/// Where it was surely behind and next, as far as that is sure, in front; or the other way round.
std::vector<std::string> crossings(std::span<const Step> steps, const std::string& beside) {
  std::vector<std::string> found;
  const Step* before = nullptr;
  for (const Step& step : steps) {
    const bool sure = step.verdict == Verdict::faster || step.verdict == Verdict::slower;
    if (!sure) continue;
    if (before != nullptr && before->verdict != step.verdict) {
      found.push_back(fmt::format("{} {} between {} and {}",
                                  step.verdict == Verdict::faster ? "overtakes" : "falls behind",
                                  beside, before->at, step.at));
    }
    before = &step;
  }
  return found;
}

/// "faster than flask-gunicorn at 2 of 3 settings, equivalent at 1"
std::string how_often(std::span<const Step> steps, const std::string& beside) {
  std::string text;
  const auto add = [&](std::string_view how, std::optional<Verdict> verdict) {
    const auto number = std::ranges::count(steps, verdict, &Step::verdict);
    if (number == 0) return;
    const auto all = static_cast<std::ptrdiff_t>(steps.size());
    const std::string where =
        number < all ? fmt::format("{} of {}", number, counted(steps.size(), "setting"))
        : all == 1   ? "the one setting"
                     : fmt::format("all {} settings", all);
    text += text.empty() ? fmt::format("{} {} at {}", how, beside, where)
                         : fmt::format(", {} {} at {}", how, beside, where);
  };
  add("is faster than", Verdict::faster);
  add("is slower than", Verdict::slower);
  add("is as fast as", Verdict::equivalent);
  add("cannot be told apart from", Verdict::undecided);
  add("has no valid trial beside", std::nullopt);
  return text;
}

std::string sentence_of(const Grid& grid) {
  std::vector<std::string> names;  // in the plan's order
  std::map<std::string, std::vector<Step>> steps;
  for (const auto& setting : grid.settings) {
    for (const auto& line : setting.ratios) {
      if (!steps.contains(line.name)) names.push_back(line.name);
      steps[line.name].push_back({setting.text, line.verdict});
    }
  }
  std::vector<std::string> sentences;
  for (const auto& name : names) {
    // What lies between two settings is a question of one knob.
    const auto crossed =
        grid.knobs.size() == 1 ? crossings(steps[name], grid.beside) : std::vector<std::string>{};
    sentences.push_back(fmt::format(
        "{} {}.", name,
        crossed.empty() ? how_often(steps[name], grid.beside) : join(crossed, " and ")));
  }
  return join(sentences, "\n");
}

}  // namespace

std::vector<std::string> varied_knobs(const record::Manifest& manifest) {
  std::vector<std::string> knobs;
  const auto steps = steps_of(manifest);
  // Of several values one at least is not the scenario's own: some cell has all the knobs.
  const auto most =
      std::ranges::max_element(steps, {}, [](const Cell* cell) { return cell->knobs.size(); });
  if (most == steps.end()) return knobs;
  for (const auto& [knob, value] : (*most)->knobs) knobs.push_back(knob);
  return knobs;
}

std::optional<Grid> grid_of(const record::Run& run, const Summary& summary) {
  const auto steps = steps_of(run.manifest);
  const auto baseline = std::ranges::find(run.manifest.cells, run.manifest.baseline, &Cell::label);
  if (baseline == run.manifest.cells.end()) return std::nullopt;
  const auto others = static_cast<std::size_t>(std::ranges::count_if(
      steps, [&](const Cell* cell) { return !same_stack(*cell, *baseline); }));
  if (others == 0) return std::nullopt;
  Grid grid{.knobs = varied_knobs(run.manifest),
            .beside = plan::name_of(*baseline),
            .settings = {},
            .sentence = {}};
  const double each = 1 - (1 - grid.confidence) / static_cast<double>(others);
  const Ratios ratios(run, throughput);
  for (auto first = steps.begin(); first != steps.end();) {
    const auto end = std::find_if(first, steps.end(),
                                  [&](const Cell* cell) { return cell->knobs != (*first)->knobs; });
    grid.settings.push_back(
        setting_of(run, summary, ratios, std::span(first, end), *baseline, each));
    first = end;
  }
  grid.sentence = sentence_of(grid);
  return grid;
}

}  // namespace unrig::analysis
