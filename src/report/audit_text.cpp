#include "report/audit_text.h"

#include <fmt/format.h>

#include <vector>

#include "analysis/audits.h"
#include "base/text.h"
#include "report/table.h"

namespace unrig::report {

std::string audit_text(std::span<const record::Cell> cells) {
  const analysis::Audits audits = analysis::audits_of(cells);
  std::vector<Column> columns = {{"Stack"}};
  std::vector<std::vector<std::string>> rows;
  for (const auto& label : audits.labels) rows.push_back({label});
  for (const auto& column : audits.columns) {
    columns.push_back({column.name, Align::right});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& value = column.values[i];
      rows[i].push_back(!value ? "-" : value->text + (value->differs ? " !" : ""));
    }
  }
  std::string text = rows.empty() ? "" : table(columns, rows) + "\n";
  for (const auto& finding : audits.findings) text += printable(finding) + ".\n";
  for (const auto& [why, labels] : audits.not_checked) {
    text += printable(fmt::format("{}: {}\n", join(labels, ", "), why));
  }
  return text;
}

}  // namespace unrig::report
