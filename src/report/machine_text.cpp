#include "report/machine_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "analysis/machine.h"
#include "base/plural.h"
#include "base/text.h"
#include "report/table.h"

namespace unrig::report {
namespace {

using record::Finding;
using record::Gravity;

std::vector<Finding> of_gravity(const record::Examination& seen, Gravity gravity) {
  std::vector<Finding> found;
  std::ranges::copy_if(seen.findings, std::back_inserter(found),
                       [&](const Finding& finding) { return finding.gravity == gravity; });
  return found;
}

/// Each with what it means and what mends it.
std::string told_in_full(const std::string& head, Tone tone, const std::vector<Finding>& findings,
                         const Look& look) {
  if (findings.empty()) return {};
  std::string text = "\n" + toned(head, tone, look) + "\n";
  for (const auto& finding : findings) {
    text += printable(
        fmt::format("  {}: {}\n    {}\n", finding.check, finding.observed, finding.means));
    if (!finding.help.empty()) text += printable(fmt::format("    help: {}\n", finding.help));
  }
  return text;
}

/// Each in a line.
std::string told_in_short(const std::string& head, const std::vector<Finding>& findings) {
  if (findings.empty()) return {};
  std::string text = "\n" + head + "\n";
  for (const auto& finding : findings)
    text += printable(fmt::format("  {}: {}\n", finding.check, finding.observed));
  return text;
}

std::string doctor_heading(const record::Examination& seen) {
  const auto& host = seen.host;
  const auto& demand = seen.demand;
  const std::string most =
      demand.most_per_s ? fmt::format("{}{:.0f} requests/s", demand.rate_is_given ? "" : "at most ",
                                      *demand.most_per_s)
                        : "as many requests/s as it can serve";
  return printable(fmt::format("{}: {}, {}, {}, Linux {}\nscenario {}: {}, {}\n", host.hostname,
                               counted(host.cores, "core"), host.cpu_model, host.os, host.kernel,
                               seen.scenario, counted(demand.clients, "client"), most));
}

std::string doctor_verdict(const record::Examination& seen, std::size_t spoils,
                           std::size_t matters) {
  if (!seen.fit) {
    return fmt::format("Not fit to measure: {} would make results invalid.",
                       counted(spoils, "finding"));
  }
  if (matters == 0) return "Fit to measure.";
  return fmt::format("Fit to measure; {} {} what is measured.", counted(matters, "finding"),
                     matters == 1 ? "moves" : "move");
}

}  // namespace

std::string doctor_text(const record::Examination& seen, const Look& look) {
  const auto spoils = of_gravity(seen, Gravity::spoils);
  const auto matters = of_gravity(seen, Gravity::matters);
  return doctor_heading(seen) +
         told_in_full("Would make results invalid:", Tone::bad, spoils, look) +
         told_in_full("Moves the numbers:", Tone::unusual, matters, look) +
         told_in_short("Fine:", of_gravity(seen, Gravity::fine)) +
         told_in_short("Not checked:", of_gravity(seen, Gravity::not_checked)) + "\n" +
         toned(doctor_verdict(seen, spoils.size(), matters.size()), Tone::strong, look) + "\n";
}

std::vector<std::string> machine_lines(const record::Manifest& manifest) {
  std::vector<std::string> lines;
  for (const auto& [finding, labels, holds_for_all] : analysis::machine_findings(manifest)) {
    if (finding.gravity != Gravity::spoils && finding.gravity != Gravity::matters) continue;
    lines.push_back(fmt::format("{}{}: {}: {}", holds_for_all ? "" : join(labels, ", ") + ": ",
                                finding.check, finding.observed, finding.means));
  }
  return lines;
}

std::string machine_text(const record::Manifest& manifest) {
  const auto lines = machine_lines(manifest);
  if (lines.empty()) return {};
  std::string text = "This machine (unrig doctor says what mends it):\n";
  for (const auto& line : lines) text += "  " + printable(line) + "\n";
  return text;
}

}  // namespace unrig::report
