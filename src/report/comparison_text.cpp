#include "report/comparison_text.h"

#include <fmt/format.h>

#include "base/text.h"
#include "report/row_text.h"
#include "report/table.h"

namespace unrig::report {
namespace {

/// "1.00 times [0.99, 1.01]"
std::string times_text(const stats::Estimate& ratio) {
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

std::vector<std::string> cells_of(const analysis::Row& row) {
  if (!row.comparable()) return {name_of(row.cell), "-", "-", "-", "-", "-", validity_text(row)};
  return {name_of(row.cell),
          fmt::format("{:.0f}", row.throughput_per_s.estimate),
          milliseconds(row.p50_us.estimate),
          milliseconds(row.p99_us.estimate),
          known(row.sessions_max),
          row.limiter.name,
          validity_text(row)};
}

/// One stack in two runs.
std::vector<std::string> cells_of(const analysis::Comparison& c) {
  const std::string& limiter = c.a.limiter.name;
  return {name_of(c.a.cell),
          analysis::estimate_text(c.ratio),
          analysis::interval_text(c.ratio),
          analysis::estimate_text(c.p50_ratio),
          analysis::estimate_text(c.p99_ratio),
          limiter == c.b.limiter.name ? limiter : limiter + ", " + c.b.limiter.name,
          fmt::format("{}, {}", c.a.valid_trials, c.b.valid_trials),
          std::string(analysis::verdict_text(c))};
}

/// Where blocks were to go on until the ratio is precise, and it is not.
std::string missed_precision(const analysis::Comparison& c, const record::Manifest& manifest) {
  if (manifest.blocks > 0 || !c.verdict) return {};
  const auto width = stats::relative_half_width(c.ratio);
  if (!width) return "precision: undecided (no interval)\n";
  if (*width <= manifest.precision) return {};
  return fmt::format("precision: undecided (half-width {:.1f} %, {:g} % was asked for)\n",
                     *width * 100, manifest.precision * 100);
}

std::string list_of(const std::string& head, const std::string& lines) {
  return lines.empty() ? "" : "\n" + head + ":\n" + printable(lines);
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

std::string comparison_text(const analysis::Comparison& c, const record::Manifest& manifest) {
  std::string text = printable(c.sentence) + "\n\n";
  text += table({{"Stack"},
                 {"Req/s", Align::right},
                 {"P50 ms", Align::right},
                 {"P99 ms", Align::right},
                 {"#DB", Align::right},
                 {"Limiter"},
                 {"Verdict"}},
                {cells_of(c.a), cells_of(c.b)});
  text += "\n" + note_of(c.a.cell) + note_of(c.b.cell);
  if (c.verdict) {
    text += fmt::format("response times: P50 {}, P99 {}\n", times_text(c.p50_ratio),
                        times_text(c.p99_ratio));
  }
  text += missed_precision(c, manifest);
  if (c.noise_floor) {
    text += printable(fmt::format("noise floor: {} over itself is {}\n", c.b.cell.label,
                                  times_text(*c.noise_floor)));
  }
  text += fmt::format("all trials: unrig show {}\n", manifest.run);
  const std::vector<analysis::Row> rows{c.a, c.b};
  return text + list_of("Does not count", does_not_count(c.a) + does_not_count(c.b)) +
         list_of("Not checked", not_checked(rows));
}

std::string comparison_text(const analysis::RunComparison& comparison, const std::string& a,
                            const std::string& b) {
  std::vector<std::vector<std::string>> rows;
  std::string notes, unranked;
  std::vector<analysis::Row> all;
  for (const auto& c : comparison.cells) {
    rows.push_back(cells_of(c));
    notes += note_of(c.a.cell);
    for (const auto* row : {&c.a, &c.b}) {
      all.push_back(*row);
      all.back().cell.label += fmt::format(" in {}", row == &c.a ? a : b);
      for (const auto& reason : row->reasons) {
        unranked += fmt::format("  {} in {}: {}\n", row->cell.label, row == &c.a ? a : b, reason);
      }
    }
  }
  std::string text = printable(comparison.sentence) + "\n\n";
  text += table({{"Stack"},
                 {"Tput", Align::right},
                 {"95 % interval"},
                 {"P50", Align::right},
                 {"P99", Align::right},
                 {"Limiter"},
                 {"Valid"},
                 {"Verdict"}},
                rows);
  text += "\n" + notes;
  text += fmt::format(
      "Ratios are {} over {}. The two ran at different times, so their blocks are not paired:\n"
      "an interval knows the trials within each run (Welch's, at 95 % each), but not what else\n"
      "changed on the machine between the two.\n",
      a, b);
  return text + differences_text(comparison.differences) + list_of("Does not count", unranked) +
         list_of("Not checked", not_checked(all));
}

}  // namespace unrig::report
