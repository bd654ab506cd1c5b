#include "report/comparison_text.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "report/gates_text.h"
#include "report/ground_text.h"
#include "report/limiters_text.h"
#include "report/machine_text.h"
#include "report/noise_text.h"
#include "report/reasons.h"
#include "report/row_text.h"
#include "report/table.h"

namespace unrig::report {
namespace {

/// "1.00 times [0.99, 1.01]"
std::string times_text(const stats::Estimate& ratio) {
  if (std::isnan(ratio.estimate)) return "-";
  return analysis::estimate_text(ratio) + " times" +
         (ratio.low ? " " + analysis::interval_text(ratio) : "");
}

std::string name_of(const record::Cell& cell) {
  return cell.label + (cell.note.empty() ? "" : " *");
}

/// A deviation that every table shows.
std::string note_of(const record::Cell& cell) {
  return cell.note.empty() ? "" : printable(fmt::format("* {}: {}\n", cell.label, cell.note));
}

std::vector<std::string> figures_of(const analysis::Row& row) {
  return {name_of(row.cell),
          fmt::format("{:.0f}", row.throughput_per_s.estimate),
          milliseconds(row.p50_us.estimate),
          milliseconds(row.p99_us.estimate),
          known(row.sessions_max),
          row.limiter.name,
          validity_text(row)};
}

std::vector<std::string> cells_of(const analysis::Row& row) {
  if (const auto shown = with_disturbed_figures(row)) {
    auto cells = figures_of(*shown);
    cells[1].insert(0, disturbed_mark);
    cells.back() = "disturbed";
    return cells;
  }
  if (!row.comparable()) return {name_of(row.cell), "-", "-", "-", "-", "-", validity_text(row)};
  return figures_of(row);
}

/// Nobody sees the database behind a URL.
std::string rows_table(const std::vector<analysis::Row>& rows, const record::Manifest& manifest,
                       const Look& look) {
  constexpr std::ptrdiff_t sessions = 4;
  const bool urls = record::measures_urls(manifest);
  std::vector<Column> columns{{urls ? "URL" : "Stack"},
                              {"Req/s", Align::right},
                              {percentile_head("P50", rows), Align::right, 2},
                              {percentile_head("P99", rows), Align::right, 3},
                              {"#DB", Align::right, 1},
                              {.head = "Limiter", .goes = 4},
                              {.head = "Verdict", .usual = "valid"}};
  if (urls) columns.erase(columns.begin() + sessions);
  std::vector<std::vector<std::string>> lines;
  for (const auto& row : rows) {
    lines.push_back(cells_of(row));
    if (urls) lines.back().erase(lines.back().begin() + sessions);
  }
  return table(columns, lines, look);
}

/// As those of a row, of one stack in two runs.
std::string comparison_marks(const analysis::Comparison& c) {
  return std::string(c.ratio_comparable == false ? "!" : "") + (c.equal_work == false ? "+" : "");
}

/// One stack in two runs.
std::vector<std::string> cells_of(const analysis::Comparison& c) {
  const std::string& limiter = c.a.limiter.name;
  return {name_of(c.a.cell),
          analysis::estimate_text(c.ratio_together),
          comparison_marks(c),
          analysis::interval_text(c.ratio_together),
          analysis::estimate_text(c.p50_ratio),
          analysis::estimate_text(c.p99_ratio),
          limiter == c.b.limiter.name ? limiter : limiter + ", " + c.b.limiter.name,
          fmt::format("{}, {}", c.a.valid_trials, c.b.valid_trials),
          std::string(analysis::standing_text(c))};
}

/// Where blocks were to go on until the ratio is precise, and it is not.
std::string missed_precision(const analysis::Comparison& c, const record::Manifest& manifest) {
  if (manifest.blocks > 0 || !c.standing) return {};
  const auto width = stats::relative_half_width(c.ratio);
  if (!width) return "precision: undecided (no interval)\n";
  if (*width <= manifest.precision) return {};
  return fmt::format("precision: undecided (half-width {:.1f} %, {:g} % was asked for)\n",
                     *width * 100, manifest.precision * 100);
}

/// In a closed loop they follow the throughput: a client that waits half as long asks twice as
/// much.
std::string response_times(const analysis::Comparison& c) {
  if (!c.standing) return "";
  const bool closed = c.a.closed_loop && c.b.closed_loop;
  const std::string implied =
      closed ? fmt::format(" (closed loop: the throughputs alone make it {})",
                           analysis::estimate_text({.estimate = 1 / c.ratio.estimate}))
             : "";
  return fmt::format("response times: P50 {}, P99 {}{}\n", times_text(c.p50_ratio),
                     times_text(c.p99_ratio), implied);
}

std::string list_of(const std::string& head, const std::string& lines) {
  return lines.empty() ? "" : "\n" + head + ":\n" + printable(lines);
}

/// What trials of one run have in common, by the cells of two.
std::string likeness_within_runs(const analysis::RunComparison& comparison) {
  std::vector<std::string> wider, unseen;
  for (const auto& c : comparison.cells) {
    if (!c.ratio.low) continue;
    if (c.likeness && c.likeness->found) {
      wider.push_back(fmt::format("{} ({:.2f})", c.a.cell.label, c.likeness->correlation));
    } else if (!c.likeness || !c.likeness->conclusive) {
      unseen.push_back(c.a.cell.label);
    }
  }
  std::string lines;
  if (!wider.empty()) {
    lines += fmt::format(
        "Trials of one run resemble the ones before them, with this correlation, and the interval "
        "is\nwider for it: {}.\n",
        join(wider, ", "));
  }
  if (!unseen.empty()) {
    lines += fmt::format(
        "Too few trials to see whether those of one run resemble the ones before them; an interval "
        "is\ntoo narrow where they do: {}.\n",
        join(unseen, ", "));
  }
  return printable(lines);
}

std::string differences_text(const std::vector<analysis::Difference>& differences) {
  std::string barring, others;
  for (const auto& difference : differences) {
    (difference.bars ? barring : others) +=
        fmt::format("  {}: {} and {}\n", difference.what, difference.a, difference.b);
  }
  return list_of("Compared by force, though these differ", barring) +
         list_of("Also not the same", others);
}

}  // namespace

std::string comparison_text(const analysis::Comparison& c, const record::Manifest& manifest,
                            const Look& look) {
  const std::vector<analysis::Row> rows{c.a, c.b};
  std::string text =
      toned(printable(c.sentence), Tone::strong, look) + "\n\n" + rows_table(rows, manifest, look);
  text += "\n" + note_of(c.a.cell) + note_of(c.b.cell);
  text += response_times(c) + printable(missing_percentiles(rows));
  if (c.ratio.low) text += "the interval is as of this run; another run may lie outside of it\n";
  if (const auto visible = visible_text(c.ratio_together); !visible.empty())
    text += fmt::format("the smallest difference that this run could have shown: {}\n", visible);
  if (c.disturbed_ratio) {
    text +=
        fmt::format("of disturbed trials: {}{}\n", disturbed_mark, times_text(*c.disturbed_ratio));
  }
  if (c.seen) text += fmt::format("the ratio in earlier runs: {}\n", seen_text(c.seen));
  text += ground_text(c.blocks, c.likeness, c.unseen_window_seconds);
  text += disturbed_note(manifest, rows) +
          printable(later_text(rows) + leak_text(rows) + unproven_text(rows)) +
          missed_precision(c, manifest);
  if (c.noise_floor) {
    text += printable(fmt::format("noise floor: {} over itself is {}\n", c.b.cell.label,
                                  times_text(*c.noise_floor)));
  }
  text += fmt::format("all trials: unrig show {}\n", manifest.run);
  text += list_of("Limiters put to the test", tests_text(rows));
  text += list_of("Does not count", does_not_count(rows));
  text += list_of("Not checked", not_checked(rows));
  if (const std::string machine = machine_text(manifest); !machine.empty()) text += "\n" + machine;
  if (!c.gates.empty()) text += "\n" + gates_text(c.gates, look);
  if (!c.advice.empty()) text += "\n";
  for (const auto& line : c.advice) text += "help: " + printable(line) + "\n";
  return text;
}

std::string comparison_text(const analysis::RunComparison& comparison, const std::string& a,
                            const std::string& b, const Look& look) {
  std::vector<std::vector<std::string>> rows;
  std::string notes, marks;
  std::vector<analysis::Row> all;
  for (const auto& c : comparison.cells) {
    if (c.ratio_comparable == false) marks += "! " + analysis::limits_text(c.a, c.b) + "\n";
    if (c.equal_work == false) {
      marks += fmt::format("+ {} ran {:.2f} statements per request in {} and {:.2f} in {}\n",
                           c.a.cell.label, *c.a.statements, a, *c.b.statements, b);
    }
    rows.push_back(cells_of(c));
    notes += note_of(c.a.cell);
    for (const auto* row : {&c.a, &c.b}) {
      all.push_back(*row);
      all.back().cell.label += fmt::format(" in {}", row == &c.a ? a : b);
    }
  }
  std::vector<Column> columns{{"Stack"},
                              {"Tput", Align::right},
                              {""},
                              {comparison.cells.size() > 1 ? "95 % together" : "95 % interval"},
                              {"P50", Align::right, 1},
                              {"P99", Align::right, 2},
                              {.head = "Limiter", .goes = 4},
                              {.head = "Valid", .goes = 3},
                              {"Verdict"}};
  constexpr std::size_t marks_column = 2;
  if (marks.empty()) drop(columns, rows, {marks_column});
  std::string text = toned(printable(comparison.sentence), Tone::strong, look) + "\n\n" +
                     table(columns, rows, look);
  text += "\n" + notes + printable(marks);
  text += fmt::format(
      "Ratios are {} over {}. The two ran at different times, so their blocks are not paired:\n"
      "an interval knows the trials within each run (Welch's{}), but not what else changed on\n"
      "the machine between the two.\n",
      a, b,
      comparison.cells.size() > 1
          ? fmt::format("; the {} hold together at 95 %", comparison.cells.size())
          : std::string(", at 95 %"));
  text += likeness_within_runs(comparison);
  return text + differences_text(comparison.differences) +
         list_of("Does not count", does_not_count(all)) + list_of("Not checked", not_checked(all));
}

}  // namespace unrig::report
