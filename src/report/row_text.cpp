#include "report/row_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/text.h"

namespace unrig::report {

std::string milliseconds(double us) {
  if (std::isnan(us)) return "-";
  const double ms = us / 1000;
  return fmt::format("{:.{}f}", ms, ms < 10 ? 2 : ms < 100 ? 1 : 0);
}

std::string known(const std::optional<double>& value, int decimals) {
  return value && !std::isnan(*value) ? fmt::format("{:.{}f}", *value, decimals) : "-";
}

std::string validity_text(const analysis::Row& row) {
  if (row.trials == 0) return "not measured";
  const std::string mark = row.unproven.empty() ? "" : ", unproven";
  if (!row.cell.false_claims().empty()) return "not as claimed";
  if (!row.as_claimed) return "not proven";
  if (row.accepted_trials > 0) {
    return fmt::format("{} of {}, {} disturbed{}", row.valid_trials, row.trials,
                       row.accepted_trials, mark);
  }
  if (row.valid_trials == row.trials) return "valid" + mark;
  return fmt::format("{} of {} valid{}", row.valid_trials, row.trials, mark);
}

std::string not_checked(std::span<const analysis::Row> rows) {
  std::vector<std::pair<record::NotChecked, std::vector<std::string>>> found;
  std::size_t measured = 0;
  for (const auto& row : rows) {
    if (row.trials > 0) ++measured;
    for (const auto& figure : row.not_checked) {
      auto known = std::ranges::find(found, figure, &decltype(found)::value_type::first);
      if (known == found.end()) known = found.insert(found.end(), {figure, {}});
      known->second.push_back(row.cell.label);
    }
  }
  std::string lines;
  for (const auto& [figure, labels] : found) {
    lines += labels.size() == measured
                 ? fmt::format("  {}: {}\n", figure.what, figure.why)
                 : fmt::format("  {} of {}: {}\n", figure.what, join(labels, ", "), figure.why);
  }
  return lines;
}

}  // namespace unrig::report
