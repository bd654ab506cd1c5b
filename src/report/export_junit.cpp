#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/exports.h"
#include "report/gates_text.h"
#include "report/html.h"

namespace unrig::report {
namespace {

/// A test case; `inside` is empty where it passed. Seconds are a decimal there, without exponent.
std::string case_xml(const std::string& classname, const std::string& name, double seconds,
                     const std::string& inside) {
  const std::string head = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"",
                                       classname, html_escaped(name), seconds);
  if (inside.empty()) return head + "/>\n";
  return fmt::format("{}>\n      {}\n    </testcase>\n", head, inside);
}

double seconds_of(const record::Run& run, const analysis::Row& row) {
  return row.trials * (run.manifest.warmup_seconds + run.manifest.duration_seconds);
}

std::string row_case(const record::Run& run, const analysis::Row& row) {
  const std::string inside = row.comparable()
                                 ? ""
                                 : fmt::format(
                                       "<failure type=\"invalid\" message=\"no trial counts\">{}"
                                       "</failure>",
                                       html_escaped(join(row.reasons, "\n")));
  return case_xml("unrig", row.cell.label, seconds_of(run, row), inside);
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
  double seconds = 0;
  for (const auto& row : summary.rows) seconds += seconds_of(run, row);
  const auto& manifest = run.manifest;
  const std::string host = manifest.host.hostname.empty() ? "localhost" : manifest.host.hostname;
  // What Ant's reader misses where it is left out stands here, too: tests/report/junit.xsd.
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n"
      "  <testsuite name=\"{}\" package=\"unrig\" id=\"0\" hostname=\"{}\" timestamp=\"{}\" "
      "time=\"{:.3f}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\">\n"
      "    <properties>\n"
      "      <property name=\"unrig\" value=\"{}\"/>\n"
      "      <property name=\"scenario\" value=\"{}\"/>\n"
      "    </properties>\n",
      html_escaped(manifest.run), html_escaped(host),
      html_escaped(manifest.started_at.substr(0, 19)), seconds,
      summary.rows.size() + summary.gates.size(), invalid + failed, undecided,
      html_escaped(manifest.unrig_version), html_escaped(manifest.scenario));
  for (const auto& row : summary.rows) text += row_case(run, row);
  for (const auto& gate : summary.gates) text += gate_case(gate);
  return text + "    <system-out/>\n    <system-err/>\n  </testsuite>\n</testsuites>\n";
}

}  // namespace unrig::report
