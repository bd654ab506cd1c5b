#include <fmt/format.h>

#include "analysis/comparison.h"
#include "base/text.h"
#include "report/exports.h"
#include "report/gates_text.h"
#include "report/ground_text.h"
#include "report/html.h"
#include "report/row_text.h"
#include "report/run_text.h"

namespace unrig::report {
namespace {

/// Text that stays text: in a table, and where it would be Markdown or HTML.
std::string markdown_escaped(const std::string& text) {
  std::string escaped;
  for (const char letter : printable(text)) {
    if (std::string_view("&<>\"'").contains(letter)) {
      escaped += html_escaped({&letter, 1});  // its # is none of Markdown's
    } else if (letter == '\n') {
      escaped += ' ';
    } else {
      if (std::string_view("\\`*_[]|~#@").contains(letter)) escaped += '\\';
      escaped += letter;
    }
  }
  return escaped;
}

std::string rank_markdown(const std::vector<analysis::Row>& rows, std::size_t i) {
  const analysis::Row& row = rows[i];
  if (!row.ranked()) return "–";
  const auto same = [&](std::size_t other) {
    return other < rows.size() && rows[other].ranked() && rows[other].tie_group == row.tie_group;
  };
  const bool tied = same(i + 1) || (i > 0 && same(i - 1));
  const std::string places = row.rank.low == row.rank.high
                                 ? std::to_string(row.rank.low)
                                 : fmt::format("{}–{}", row.rank.low, row.rank.high);
  return tied ? places + " =" : places;
}

std::string gates_markdown(const std::vector<record::JudgedGate>& gates) {
  if (gates.empty()) return {};
  std::string text = "\n| Gate | Measured | Outcome |\n|---|---|---|\n";
  for (const auto& gate : gates) {
    text += fmt::format("| {} | {} | {} |\n", markdown_escaped(gate_title(gate)),
                        markdown_escaped(gate_figure(gate)), markdown_escaped(gate_outcome(gate)));
  }
  return text;
}

}  // namespace

std::string markdown_export(const record::Run& run, const analysis::Summary& summary) {
  const auto& rows = summary.rows;
  std::string text = fmt::format("**{}**\n\n", markdown_escaped(answer_of(run, summary)));
  text += fmt::format(
      "| Rank | Stack | Ratio | 95 % together | Req/s | {} | {} | Limiter | Trials |\n"
      "|---:|---|---:|---|---:|---:|---:|---|---|\n",
      percentile_head("P50", rows), percentile_head("P99", rows));
  bool ties = false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const analysis::Row& row = rows[i];
    const std::string rank = rank_markdown(rows, i);
    ties = ties || rank.ends_with('=');
    const bool baseline = row.cell.label == run.manifest.baseline;
    text += fmt::format(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", rank, markdown_escaped(row.cell.label),
        row.comparable() ? analysis::estimate_text(row.ratio_together) : "–",
        baseline ? "baseline" : analysis::interval_text(row.ratio_together),
        row.comparable() ? fmt::format("{:.0f}", row.throughput_per_s.estimate) : "–",
        milliseconds(row.p50_us.estimate), milliseconds(row.p99_us.estimate),
        row.comparable() ? markdown_escaped(row.limiter.name) : "–", validity_text(row));
  }
  text += gates_markdown(summary.gates);
  text += fmt::format("\nRatios are to {}{}. Run {}, seed {}.\n",
                      markdown_escaped(run.manifest.baseline),
                      ties ? "; `=` marks stacks that this run cannot tell apart" : "",
                      run.manifest.run, run.manifest.seed);
  return text;
}

}  // namespace unrig::report
