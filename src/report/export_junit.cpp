#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/exports.h"
#include "report/html.h"

namespace unrig::report {

std::string junit_export(const record::Run& run, const analysis::Summary& summary) {
  const auto failures = std::ranges::count_if(
      summary.rows, [](const analysis::Row& row) { return !row.comparable(); });
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n"
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\" "
      "timestamp=\"{}\" time=\"0\">\n",
      html_escaped(run.manifest.run), summary.rows.size(), failures,
      html_escaped(run.manifest.started_at.substr(0, 19)));
  for (const auto& row : summary.rows) {
    const double seconds =
        row.trials * (run.manifest.warmup_seconds + run.manifest.duration_seconds);
    text += fmt::format("    <testcase classname=\"unrig\" name=\"{}\" time=\"{:g}\"",
                        html_escaped(row.cell.label), seconds);
    if (row.comparable()) {
      text += "/>\n";
      continue;
    }
    text += fmt::format(
        ">\n      <failure type=\"invalid\" message=\"no trial counts\">{}</failure>\n"
        "    </testcase>\n",
        html_escaped(join(row.reasons, "\n")));
  }
  return text + "  </testsuite>\n</testsuites>\n";
}

}  // namespace unrig::report
