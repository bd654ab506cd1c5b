#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/exports.h"
#include "report/gates_text.h"
#include "report/html.h"

namespace unrig::report {
namespace {

/// A test case; `inside` is empty where it passed.
std::string case_xml(const std::string& classname, const std::string& name, double seconds,
                     const std::string& inside) {
  const std::string head = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:g}\"",
                                       classname, html_escaped(name), seconds);
  if (inside.empty()) return head + "/>\n";
  return fmt::format("{}>\n      {}\n    </testcase>\n", head, inside);
}

std::string row_case(const record::Run& run, const analysis::Row& row) {
  const double seconds = row.trials * (run.manifest.warmup_seconds + run.manifest.duration_seconds);
  const std::string inside = row.comparable()
                                 ? ""
                                 : fmt::format(
                                       "<failure type=\"invalid\" message=\"no trial counts\">{}"
                                       "</failure>",
                                       html_escaped(join(row.reasons, "\n")));
  return case_xml("unrig", row.cell.label, seconds, inside);
}

/// What is undecided is no failure of what was tested, and must not pass: an error.
std::string gate_case(const record::JudgedGate& gate) {
  const bool failed = gate.outcome == record::GateOutcome::failed;
  const std::string inside =
      gate.outcome == record::GateOutcome::passed
          ? ""
          : fmt::format("<{0} type=\"{1}\" message=\"{2}\">{3}</{0}>", failed ? "failure" : "error",
                        to_text(gate.outcome), html_escaped(gate_figure(gate)),
                        html_escaped(gate_outcome(gate)));
  return case_xml("unrig.gate", gate_title(gate), 0, inside);
}

}  // namespace

std::string junit_export(const record::Run& run, const analysis::Summary& summary) {
  const auto invalid = std::ranges::count_if(
      summary.rows, [](const analysis::Row& row) { return !row.comparable(); });
  const auto failed =
      std::ranges::count(summary.gates, record::GateOutcome::failed, &record::JudgedGate::outcome);
  const auto undecided = std::ranges::count(summary.gates, record::GateOutcome::undecided,
                                            &record::JudgedGate::outcome);
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n"
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" "
      "timestamp=\"{}\" time=\"0\">\n",
      html_escaped(run.manifest.run), summary.rows.size() + summary.gates.size(), invalid + failed,
      undecided, html_escaped(run.manifest.started_at.substr(0, 19)));
  for (const auto& row : summary.rows) text += row_case(run, row);
  for (const auto& gate : summary.gates) text += gate_case(gate);
  return text + "  </testsuite>\n</testsuites>\n";
}

}  // namespace unrig::report
