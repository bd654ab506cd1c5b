#include "report/run_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

#include "analysis/changes.h"
#include "analysis/comparison.h"
#include "analysis/grid.h"
#include "analysis/tuning.h"
#include "base/plural.h"
#include "base/text.h"
#include "plan/cells.h"
#include "report/gates_text.h"
#include "report/ground_text.h"
#include "report/limiters_text.h"
#include "report/machine_text.h"
#include "report/noise_text.h"
#include "report/reasons.h"
#include "report/row_text.h"
#include "report/table.h"
#include "report/warm_text.h"

namespace unrig::report {
namespace {

std::string ratio_text(const analysis::Row& row) {
  if (row.disturbed_ratio) {
    return fmt::format("{}{:.2f}", disturbed_mark, row.disturbed_ratio->estimate);
  }
  if (std::isnan(row.ratio.estimate)) return "-";
  return fmt::format("{:.2f}", row.ratio.estimate);
}

std::string interval_text(const stats::Estimate& ratio) {
  if (!ratio.low) return "-";
  return fmt::format("[{:.2f}, {:.2f}]", *ratio.low, *ratio.high);
}

/// Whether there are too few trials for any comparison, so that every place is possible.
bool has_unknown_rank(const analysis::Row& row) {
  return row.rank.low != row.rank.high && !row.throughput_per_s.low;
}

std::string rank_text(const analysis::Row& row) {
  if (has_unknown_rank(row)) return "-";
  if (row.rank.low == row.rank.high) return std::to_string(row.rank.low);
  return fmt::format("{}-{}", row.rank.low, row.rank.high);
}

std::vector<std::string> cells_of(const analysis::Row& row, const record::Manifest& manifest) {
  std::string framework = row.cell.framework;
  if (!row.cell.note.empty()) framework += " *";
  if (plan::name_of(row.cell) != row.cell.stack) framework += " @" + row.cell.vintage;
  const bool is_baseline = row.cell.label == manifest.baseline;
  return {
      rank_text(row),
      framework,
      row.cell.server,
      row.cell.concurrency,
      std::to_string(row.cell.workers),
      ratio_text(row),
      marks_of(row),
      is_baseline ? "baseline" : interval_text(row.disturbed_ratio.value_or(row.ratio_together)),
      is_baseline ? "" : seen_text(row.seen),
      fmt::format("{:.0f}", row.throughput_per_s.estimate),
      milliseconds(row.p50_us.estimate),
      milliseconds(row.p99_us.estimate),
      known(row.sessions_max),
      known(row.cpu_us_per_request),
      row.limiter.name,
      validity_text(row)};
}

/// A row of figures that come from disturbed trials alone.
std::vector<std::string> marked(std::vector<std::string> cells, std::span<const Column> columns) {
  cells.front() = "-";
  cells.back() = "disturbed";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool figure = columns[i].head == "Tput" || columns[i].head == "Req/s";
    if (figure && cells[i] != "-") cells[i].insert(0, disturbed_mark);
  }
  return cells;
}

/// What is special about the row's stack, at whichever setting.
std::string deviation_of(const analysis::Row& row) {
  if (!row.ranked() || row.cell.note.empty()) return {};
  return fmt::format("* {}: {}\n", plan::name_of(row.cell), row.cell.note);
}

/// That a ratio did not become as precise as was asked for.
std::string precision_of(const std::string& label, const stats::Estimate& ratio,
                         const record::Manifest& manifest) {
  if (manifest.blocks > 0) return {};
  const auto width = stats::relative_half_width(ratio);
  if (!width) return fmt::format("{}: undecided (no interval)\n", label);
  if (*width <= manifest.precision) return {};
  return fmt::format("{}: undecided (half-width {:.1f} %)\n", label, *width * 100);
}

/// Of a row beside the baseline or, in a grid of several stacks, beside its stack at the same
/// setting: what the blocks of the run are counted by.
std::string precision_of(const analysis::Row& row, const record::Manifest& manifest,
                         const std::optional<analysis::Grid>& grid) {
  if (!row.ranked()) return {};
  if (!grid) {
    const bool is_baseline = row.cell.label == manifest.baseline;
    return is_baseline ? "" : precision_of(row.cell.label, row.ratio, manifest);
  }
  for (const auto& setting : grid->settings) {
    const auto line =
        std::ranges::find(setting.ratios, row.cell.label, &analysis::GridRatio::label);
    if (line != setting.ratios.end()) return precision_of(line->label, line->alone, manifest);
  }
  return {};  // of the baseline's stack
}

/// What the baseline compared with itself shows: differences up to it mean nothing.
std::string noise_floor_text(const record::Manifest& manifest, const stats::NoiseFloor& floor) {
  if (std::isnan(floor.ratio.estimate)) {
    return printable(
        fmt::format("Noise floor: no block has two valid trials of {}.\n", manifest.baseline));
  }
  const std::string interval =
      floor.ratio.low ? fmt::format(" [{:.3f}, {:.3f}]", *floor.ratio.low, *floor.ratio.high) : "";
  return printable(fmt::format(
      "Noise floor: {} against itself {:.3f}{}; its trials spread by {:.1f} % within a block.\n",
      manifest.baseline, floor.ratio.estimate, interval, floor.trial_spread * 100));
}

constexpr std::size_t workers_column = 4;
constexpr std::size_t marks_column = 6;
constexpr std::size_t seen_column = 8;

/// Takes out the columns in which no row has anything to say; of one stack with
/// several numbers of workers what all rows share is left out as well.
void drop_unused(std::vector<Column>& columns, std::vector<std::vector<std::string>>& rows,
                 bool tuning) {
  const auto all = [&](std::size_t column, const std::string& text) {
    return std::ranges::all_of(
        rows, [&](const auto& row) { return row[column].empty() || row[column] == text; });
  };
  std::vector<std::size_t> unused;
  if (tuning) {
    unused = {0, 1, 2, 3};             // rank, framework, server and type
    columns[workers_column].goes = 0;  // what tells the rows apart
  }
  if (tuning || all(marks_column, "")) unused.push_back(marks_column);
  if (all(seen_column, "-")) unused.push_back(seen_column);
  drop(columns, rows, unused);
}

/// Whether rows are the layers of one stack's chain, each changed.
bool are_of_layers(const record::Manifest& manifest) {
  return std::ranges::any_of(manifest.cells, [](const record::Cell& cell) {
    return cell.role == record::Role::perturbation;
  });
}

/// What is changed, in place of what all rows share.
void show_changes(const std::vector<const record::Cell*>& cells, std::vector<Column>& columns,
                  std::vector<std::vector<std::string>>& rows) {
  drop(columns, rows, {0, 1, 2, 3, workers_column});
  columns.insert(columns.begin(), {"Changed"});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const record::Pairs& knobs = cells[i]->knobs;
    const bool is_changed = cells[i]->role == record::Role::perturbation;
    rows[i].insert(rows[i].begin(), is_changed ? plan::setting_text(knobs) : "nothing");
  }
}

/// The rows as the table has them: where settings are varied, those of one setting together, in the
/// plan's order.
std::vector<analysis::Row> in_order(const record::Manifest& manifest,
                                    std::vector<analysis::Row> rows, bool tuning) {
  if (tuning) {
    std::ranges::stable_sort(rows, {}, [](const auto& row) { return row.cell.workers; });
  } else if (!analysis::varied_knobs(manifest).empty()) {
    std::ranges::stable_sort(rows, {}, [&](const auto& row) {
      return std::ranges::find(manifest.cells, row.cell.knobs, &record::Cell::knobs) -
             manifest.cells.begin();
    });
  }
  return rows;
}

/// What is varied, a column per knob, in place of the rank, which says nothing across settings.
void show_settings(const record::Manifest& manifest, const std::vector<const record::Cell*>& cells,
                   std::vector<Column>& columns, std::vector<std::vector<std::string>>& rows) {
  const auto knobs = analysis::varied_knobs(manifest);
  if (knobs.empty()) return;
  drop(columns, rows, {0});
  for (std::size_t k = knobs.size(); k-- > 0;) {
    columns.insert(columns.begin(), {knobs[k]});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto value = plan::value_of(manifest, *cells[i], knobs[k]);
      rows[i].insert(rows[i].begin(), plan::value_text(value));
    }
  }
}

std::vector<Column> columns_of(const analysis::Summary& summary) {
  // What goes first explains most and answers least; docs/output.md states the order.
  return {{"Rank", Align::right},
          {"Framework"},
          {"Web server"},
          {.head = "Type", .goes = 4},
          {"Wrk", Align::right, 3},
          {"Tput", Align::right},
          {""},
          {summary.compared_rows > 1 ? "95 % together" : "95 % interval"},
          {.head = "Earlier runs", .goes = 5},
          {"Req/s", Align::right},
          {percentile_head("P50", summary.rows), Align::right, 6},
          {percentile_head("P99", summary.rows), Align::right, 7},
          {"#DB", Align::right, 2},
          {"CPU us/req", Align::right, 1},
          {.head = "Limiter", .goes = 8},
          {.head = "Verdict", .usual = "valid"}};
}

/// The lines below the table that explain it.
std::string table_notes(const record::Manifest& manifest, const analysis::Summary& summary,
                        const std::optional<analysis::Grid>& grid, bool tuning) {
  std::string notes;
  std::vector<analysis::Row> ranked;
  const analysis::Row* baseline = nullptr;
  for (const auto& row : summary.rows) {
    if (const auto deviation = deviation_of(row); !notes.contains(deviation)) notes += deviation;
    notes += precision_of(row, manifest, grid);
    if (!row.ranked()) continue;
    ranked.push_back(row);
    if (row.cell.label == manifest.baseline) baseline = &row;
  }
  if (baseline != nullptr && !tuning) notes += marks_text(ranked, *baseline);
  notes += later_text(ranked) + leak_text(ranked) + unproven_text(ranked);
  const bool has_ranks = !tuning && !are_of_layers(manifest);
  if (has_ranks && std::ranges::any_of(ranked, has_unknown_rank)) {
    notes += fmt::format("- in place of a rank: fewer than {} valid trials give no interval\n",
                         stats::interval_values_min);
  }
  return notes + missing_percentiles(ranked) + ground_text(summary);
}

/// A setting of the run: all that its cells have.
std::string in_force(const record::Manifest& manifest, std::string_view knob) {
  std::vector<std::string> values;
  for (const auto& cell : manifest.cells) {
    const std::string text = plan::value_text(plan::value_of(manifest, cell, knob));
    if (std::ranges::find(values, text) == values.end()) values.push_back(text);
  }
  return join(values, ", ");
}

/// The machine that the chain is given, where that is not the whole one.
std::string emulation_text(const record::Manifest& manifest) {
  const std::string cpu = in_force(manifest, "machine.cpu");
  const std::string cores = in_force(manifest, "machine.cores");
  const auto is_set = [](const std::string& value) { return !value.empty() && value != "0"; };
  if (!is_set(cpu) && !is_set(cores)) return {};
  return fmt::format("emulated: {} CPUs of {} cores{}\n", is_set(cpu) ? cpu : "all",
                     is_set(cores) ? cores : std::to_string(manifest.host.cores),
                     in_force(manifest, "machine.with_load") == "true"
                         ? ", the load generator among them"
                         : ", the load generator beside them");
}

std::string what_is_measured(const record::Manifest& manifest) {
  const std::size_t cells = manifest.cells.size();
  if (analysis::is_tuning(manifest)) {
    return fmt::format("{} numbers of workers of {}", cells, manifest.cells.front().stack);
  }
  const auto varied = analysis::varied_knobs(manifest);
  if (varied.empty()) return counted(cells, "stack");
  return fmt::format("{} that differ in {}", counted(cells, "cell"), join(varied, " and "));
}

std::string url_heading(const record::Manifest& manifest) {
  const auto& cell = manifest.cells.front();
  const std::string rate = plan::value_text(plan::value_of(manifest, cell, "arrival.rate"));
  const bool is_open = !rate.empty() && rate != "none";
  return printable(fmt::format(
      "run {}  seed {}: {} of two URLs, each {:g} s warm-up and {:g} s measured, {}\n",
      manifest.run, manifest.seed,
      manifest.blocks > 0 ? counted(manifest.blocks, "block") : "blocks", manifest.warmup_seconds,
      manifest.duration_seconds, is_open ? rate : "clients " + in_force(manifest, "clients")));
}

/// Of URLs nobody knows what they are served by.
RunTable urls_table(RunTable table, const std::vector<const record::Cell*>& cells) {
  const std::vector<std::size_t> of_stacks{1, 2, 3, 4, 12, 13};
  drop(table.columns, table.rows, of_stacks);
  table.columns.insert(table.columns.begin() + 1, {"URL"});
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    table.rows[i].insert(table.rows[i].begin() + 1, cells[i]->label);
  }
  return table;
}

RunTable table_of(const record::Run& run, const analysis::Summary& summary, bool tuning) {
  RunTable table{.columns = columns_of(summary), .rows = {}};
  std::vector<const record::Cell*> cells;
  const auto ordered = in_order(run.manifest, summary.rows, tuning);
  for (const auto& row : ordered) {
    if (row.ranked()) table.rows.push_back(cells_of(row, run.manifest));
    if (const auto shown = with_disturbed_figures(row)) {
      table.rows.push_back(marked(cells_of(*shown, run.manifest), table.columns));
    }
    cells.resize(table.rows.size(), &row.cell);
  }
  if (table.rows.empty()) return table;
  if (record::measures_urls(run.manifest)) return urls_table(std::move(table), cells);
  drop_unused(table.columns, table.rows, tuning);
  if (are_of_layers(run.manifest)) {
    show_changes(cells, table.columns, table.rows);
  } else if (!tuning) {
    show_settings(run.manifest, cells, table.columns, table.rows);
  }
  return table;
}

/// Every stack over the baseline's at the same setting.
std::string grid_text(const analysis::Grid& grid, const Look& look) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& setting : grid.settings) {
    for (const auto& line : setting.ratios) {
      rows.push_back({setting.text, line.name, analysis::estimate_text(line.ratio),
                      analysis::interval_text(line.ratio),
                      line.standing ? std::string(stats::to_text(*line.standing)) : "invalid"});
    }
  }
  return printable(
             fmt::format("Times as many requests/s as {} at the same setting:\n", grid.beside)) +
         table({{"Setting"}, {"Stack"}, {"Times", Align::right}, {"95 % together"}, {"Verdict"}},
               rows, look);
}

/// Every change beside the stack as it was asked for.
std::string changes_text(const analysis::Changes& found, const Look& look) {
  std::vector<std::vector<std::string>> rows;
  const auto shown = [](const stats::Estimate& ratio) {
    return fmt::format("{} {}", analysis::estimate_text(ratio), analysis::interval_text(ratio));
  };
  for (const auto& change : found.changes) {
    rows.push_back({change.text, shown(change.throughput), shown(change.p50), shown(change.cpu),
                    std::string(stats::to_text(change.standing))});
  }
  return printable(fmt::format("Times those of {} as it is, 95 % together:\n", found.of)) +
         table({{"Changed"},
                {"Req/s", Align::right},
                {"P50", Align::right},
                {"CPU/req", Align::right},
                {"Verdict"}},
               rows, look);
}

}  // namespace

RunTable run_table(const record::Run& run, const analysis::Summary& summary) {
  return table_of(run, summary, analysis::tuning_of(run, summary).has_value());
}

std::string run_notes(const record::Run& run, const analysis::Summary& summary) {
  const bool tuning = analysis::tuning_of(run, summary).has_value();
  const std::string notes =
      table_notes(run.manifest, summary, analysis::grid_of(run, summary), tuning) +
      disturbed_note(run.manifest, summary.rows);
  const std::string tests = tests_text(summary.rows);
  const std::string unranked = does_not_count(summary.rows);
  std::string text;
  if (!notes.empty()) text += "\n" + printable(notes);
  if (!tests.empty()) text += "\nLimiters put to the test:\n" + tests;
  if (!unranked.empty()) text += "\nDoes not count:\n" + printable(unranked);
  if (const std::string unread = not_checked(summary.rows); !unread.empty()) {
    text += "\nNot checked:\n" + printable(unread);
  }
  if (const std::string warmed = warm_text(run); !warmed.empty()) text += "\n" + printable(warmed);
  if (summary.noise_floor) text += "\n" + noise_floor_text(run.manifest, *summary.noise_floor);
  for (const auto& tuned : run.manifest.tuned)
    text += "\n" + printable(analysis::to_text(tuned)) + "\n";
  if (run.manifest.matched)
    text += "\n" + printable(analysis::to_text(*run.manifest.matched)) + "\n";
  return text;
}

std::string answer_of(const record::Run& run, const analysis::Summary& summary) {
  if (record::measures_urls(run.manifest)) {
    const auto& cells = run.manifest.cells;
    return analysis::compare(run, cells.front().label, cells.back().label).sentence;
  }
  if (const auto tuning = analysis::tuning_of(run, summary)) return analysis::to_text(*tuning);
  if (const auto found = analysis::changes_of(run); !found.changes.empty()) return found.sentence;
  const auto grid = analysis::grid_of(run, summary);
  return grid ? grid->sentence : summary.sentence;
}

std::string run_text(const record::Run& run, const analysis::Summary& summary, const Look& look) {
  const RunTable rows = run_table(run, summary);
  std::string text = rows.rows.empty() ? "" : table(rows.columns, rows.rows, look);
  text += run_notes(run, summary);
  if (const std::string machine = machine_text(run.manifest); !machine.empty())
    text += "\n" + machine;
  if (!summary.gates.empty()) text += "\n" + gates_text(summary.gates, look);
  if (const auto grid = analysis::grid_of(run, summary)) text += "\n" + grid_text(*grid, look);
  if (const auto found = analysis::changes_of(run); !found.changes.empty())
    text += "\n" + changes_text(found, look);
  return text + "\n" + toned(printable(answer_of(run, summary)), Tone::strong, look) + "\n" +
         noise_advice(run);
}

std::string run_heading(const record::Manifest& manifest) {
  if (record::measures_urls(manifest)) return url_heading(manifest);
  const std::string blocks =
      manifest.blocks > 0
          ? counted(manifest.blocks, "block")
          : fmt::format("blocks until ratios are within {:g} %", manifest.precision * 100);
  return printable(
      fmt::format("run {}  seed {}  scenario {}: clients {}, query delay {}, sessions {}\n"
                  "{} of {}, each {:g} s warm-up and {:g} s measured; {} cores, {}\n{}",
                  manifest.run, manifest.seed, manifest.scenario, in_force(manifest, "clients"),
                  in_force(manifest, "db.delay"), in_force(manifest, "db.sessions"), blocks,
                  what_is_measured(manifest), manifest.warmup_seconds, manifest.duration_seconds,
                  manifest.host.cores, manifest.host.cpu_model, emulation_text(manifest)));
}

}  // namespace unrig::report
