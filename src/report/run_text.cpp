#include "report/run_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/tuning.h"
#include "base/text.h"
#include "report/row_text.h"
#include "report/table.h"

namespace unrig::report {
namespace {

std::string ratio_text(const stats::Estimate& ratio) {
  if (std::isnan(ratio.estimate)) return "-";
  return fmt::format("{:.2f}", ratio.estimate);
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
  return {rank_text(row),
          framework,
          row.cell.server,
          row.cell.concurrency,
          std::to_string(row.cell.workers),
          ratio_text(row.ratio),
          is_baseline ? "baseline" : interval_text(row.ratio),
          fmt::format("{:.0f}", row.throughput_per_s.estimate),
          milliseconds(row.p50_us.estimate),
          milliseconds(row.p99_us.estimate),
          known(row.sessions_max),
          known(row.cpu_us_per_request),
          row.limiter.name,
          validity_text(row)};
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

/// One stack with several numbers of workers, in their order; what all rows share is left out.
std::string workers_table(std::vector<Column> columns, std::vector<std::vector<std::string>> rows) {
  constexpr std::size_t before_workers = 4;  // rank, framework, server and type
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::stoi(a[before_workers]) < std::stoi(b[before_workers]);
  });
  columns.erase(columns.begin(), columns.begin() + before_workers);
  for (auto& row : rows) row.erase(row.begin(), row.begin() + before_workers);
  return table(columns, rows);
}

}  // namespace

std::string run_text(const record::Run& run, const analysis::Summary& summary) {
  static const std::vector<Column> columns{
      {"Rank", Align::right},
      {"Framework"},
      {"Web server"},
      {"Type"},
      {"Wrk", Align::right},
      {"Tput", Align::right},
      {"95 % interval"},
      {"Req/s", Align::right},
      {"P50 ms", Align::right},
      {"P99 ms", Align::right},
      {"#DB", Align::right},
      {"CPU us/req", Align::right},
      {"Limiter"},
      {"Verdict"},
  };
  const auto tuning = analysis::tuning_of(run, summary);
  std::vector<std::vector<std::string>> rows;
  std::string notes;
  bool unknown_ranks = false;
  for (const auto& row : summary.rows) {
    if (row.ranked()) rows.push_back(cells_of(row, run.manifest));
    unknown_ranks = unknown_ranks || (row.ranked() && has_unknown_rank(row));
    notes += notes_of(row, run.manifest);
  }
  if (unknown_ranks && !tuning) {
    notes += fmt::format("- in place of a rank: fewer than {} valid trials give no interval\n",
                         stats::interval_values_min);
  }
  const std::string unranked = does_not_count(summary.rows);
  std::string text;
  if (!rows.empty()) text = tuning ? workers_table(columns, rows) : table(columns, rows);
  if (!notes.empty()) text += "\n" + printable(notes);
  if (!unranked.empty()) text += "\nDoes not count:\n" + printable(unranked);
  if (const std::string unread = not_checked(summary.rows); !unread.empty()) {
    text += "\nNot checked:\n" + printable(unread);
  }
  if (summary.noise_floor) text += "\n" + noise_floor_text(run.manifest, *summary.noise_floor);
  return text + "\n" + printable(tuning ? analysis::to_text(*tuning) : summary.sentence) + "\n";
}

std::string run_heading(const record::Manifest& manifest) {
  std::string clients, delay, sessions;
  for (const auto& [name, value] : manifest.knobs) {
    if (name == "clients") clients = value;
    if (name == "db.delay") delay = value;
    if (name == "db.sessions") sessions = value;
  }
  const std::string blocks =
      manifest.blocks > 0
          ? fmt::format("{} block{}", manifest.blocks, manifest.blocks == 1 ? "" : "s")
          : fmt::format("blocks until ratios are within {:g} %", manifest.precision * 100);
  const std::string what = analysis::is_tuning(manifest)
                               ? "numbers of workers of " + manifest.cells.front().stack
                               : "stacks";
  return printable(
      fmt::format("run {}  seed {}  scenario {}: clients {}, query delay {}, sessions {}\n"
                  "{} of {} {}, each {:g} s warm-up and {:g} s measured; {} cores, {}\n",
                  manifest.run, manifest.seed, manifest.scenario, clients, std::string(trim(delay)),
                  sessions, blocks, manifest.cells.size(), what, manifest.warmup_seconds,
                  manifest.duration_seconds, manifest.host.cores, manifest.host.cpu_model));
}

}  // namespace unrig::report
