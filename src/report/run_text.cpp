#include "report/run_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "analysis/tuning.h"
#include "base/plural.h"
#include "base/text.h"
#include "report/ground_text.h"
#include "report/noise_text.h"
#include "report/reasons.h"
#include "report/row_text.h"
#include "report/table.h"

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
  if (row.cell.label != row.cell.stack) framework += " @" + row.cell.vintage;
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

/// What a ranked row cannot say in its columns: deviations, and a precision that was not reached.
std::string notes_of(const analysis::Row& row, const record::Manifest& manifest) {
  if (!row.ranked()) return {};
  std::string notes;
  if (!row.cell.note.empty()) notes = fmt::format("* {}: {}\n", row.cell.label, row.cell.note);
  if (manifest.blocks > 0 || row.cell.label == manifest.baseline) return notes;
  const auto width = stats::relative_half_width(row.ratio);
  if (width && *width <= manifest.precision) return notes;
  return notes +
         (width ? fmt::format("{}: undecided (half-width {:.1f} %)\n", row.cell.label, *width * 100)
                : fmt::format("{}: undecided (no interval)\n", row.cell.label));
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

/// The rows of the table without the columns in which no row has anything to say. Of one stack with
/// several numbers of workers what all rows share is left out as well, and the order is theirs.
std::string rows_table(std::vector<Column> columns, std::vector<std::vector<std::string>> rows,
                       bool tuning) {
  const auto all = [&](std::size_t column, const std::string& text) {
    return std::ranges::all_of(
        rows, [&](const auto& row) { return row[column].empty() || row[column] == text; });
  };
  std::vector<std::size_t> unused;
  if (tuning) {
    std::ranges::sort(rows, {}, [](const auto& row) { return std::stoi(row[workers_column]); });
    unused = {0, 1, 2, 3};  // rank, framework, server and type
  }
  if (tuning || all(marks_column, "")) unused.push_back(marks_column);
  if (all(seen_column, "-")) unused.push_back(seen_column);
  drop(columns, rows, unused);
  return table(columns, rows);
}

std::vector<Column> columns_of(const analysis::Summary& summary) {
  return {{"Rank", Align::right},
          {"Framework"},
          {"Web server"},
          {"Type"},
          {"Wrk", Align::right},
          {"Tput", Align::right},
          {""},
          {summary.compared_rows > 1 ? "95 % together" : "95 % interval"},
          {"Earlier runs"},
          {"Req/s", Align::right},
          {percentile_head("P50", summary.rows), Align::right},
          {percentile_head("P99", summary.rows), Align::right},
          {"#DB", Align::right},
          {"CPU us/req", Align::right},
          {"Limiter"},
          {"Verdict"}};
}

/// The lines below the table that explain it.
std::string table_notes(const record::Manifest& manifest, const analysis::Summary& summary,
                        bool tuning) {
  std::string notes;
  std::vector<analysis::Row> ranked;
  const analysis::Row* baseline = nullptr;
  for (const auto& row : summary.rows) {
    notes += notes_of(row, manifest);
    if (!row.ranked()) continue;
    ranked.push_back(row);
    if (row.cell.label == manifest.baseline) baseline = &row;
  }
  if (baseline != nullptr && !tuning) notes += marks_text(ranked, *baseline);
  if (!tuning && std::ranges::any_of(ranked, has_unknown_rank)) {
    notes += fmt::format("- in place of a rank: fewer than {} valid trials give no interval\n",
                         stats::interval_values_min);
  }
  return notes + missing_percentiles(ranked) + ground_text(summary);
}

}  // namespace

std::string run_text(const record::Run& run, const analysis::Summary& summary) {
  const auto tuning = analysis::tuning_of(run, summary);
  const auto columns = columns_of(summary);
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : summary.rows) {
    if (row.ranked()) rows.push_back(cells_of(row, run.manifest));
    if (const auto shown = with_disturbed_figures(row)) {
      rows.push_back(marked(cells_of(*shown, run.manifest), columns));
    }
  }
  const std::string notes =
      table_notes(run.manifest, summary, tuning.has_value()) + disturbed_note(summary.rows);
  const std::string unranked = does_not_count(summary.rows);
  std::string text;
  if (!rows.empty()) text = rows_table(columns, rows, tuning.has_value());
  if (!notes.empty()) text += "\n" + printable(notes);
  if (!unranked.empty()) text += "\nDoes not count:\n" + printable(unranked);
  if (const std::string unread = not_checked(summary.rows); !unread.empty()) {
    text += "\nNot checked:\n" + printable(unread);
  }
  if (summary.noise_floor) text += "\n" + noise_floor_text(run.manifest, *summary.noise_floor);
  text += "\n" + printable(tuning ? analysis::to_text(*tuning) : summary.sentence) + "\n";
  return text + noise_advice(run);
}

std::string run_heading(const record::Manifest& manifest) {
  std::string clients, delay, sessions;
  for (const auto& [name, value] : manifest.knobs) {
    if (name == "clients") clients = value;
    if (name == "db.delay") delay = value;
    if (name == "db.sessions") sessions = value;
  }
  std::erase(delay, '"');  // as it stands in a scenario file
  const std::string blocks =
      manifest.blocks > 0
          ? counted(manifest.blocks, "block")
          : fmt::format("blocks until ratios are within {:g} %", manifest.precision * 100);
  const std::string what = analysis::is_tuning(manifest)
                               ? "numbers of workers of " + manifest.cells.front().stack
                           : manifest.cells.size() == 1 ? "stack"
                                                        : "stacks";
  return printable(
      fmt::format("run {}  seed {}  scenario {}: clients {}, query delay {}, sessions {}\n"
                  "{} of {} {}, each {:g} s warm-up and {:g} s measured; {} cores, {}\n",
                  manifest.run, manifest.seed, manifest.scenario, clients, std::string(trim(delay)),
                  sessions, blocks, manifest.cells.size(), what, manifest.warmup_seconds,
                  manifest.duration_seconds, manifest.host.cores, manifest.host.cpu_model));
}

}  // namespace unrig::report
