#include "report/limiters_text.h"

#include <fmt/format.h>

#include <vector>

#include "base/text.h"

namespace unrig::report {
namespace {

/// With more left than this it is named, and no more is said of it.
constexpr double near_limit = 0.5;

std::string left_text(const record::Suspect& suspect) {
  return fmt::format("{:.0f} % left", *suspect.margin * 100);
}

/// The suspects but the limiter itself, which is the first one where anything was found.
std::string suspects_text(const record::Limiter& limiter) {
  std::string lines;
  std::vector<std::string> far, unread;
  for (const record::Suspect& suspect : limiter.suspects) {
    if (suspect.name == limiter.name) continue;
    const std::string evidence = join(suspect.evidence, "; ");
    if (!suspect.margin) {
      unread.push_back(fmt::format("{} ({})", suspect.name, evidence));
    } else if (*suspect.margin > near_limit) {
      far.push_back(fmt::format("{} {}", suspect.name, left_text(suspect)));
    } else {
      lines += fmt::format("    then {}, {}: {}\n", suspect.name, left_text(suspect), evidence);
    }
  }
  if (!far.empty()) lines += fmt::format("    far from their limit: {}\n", join(far, ", "));
  if (!unread.empty()) lines += fmt::format("    without a measure: {}\n", join(unread, ", "));
  return lines;
}

std::string limiter_text(const std::string& label, const record::Limiter& limiter,
                         const std::vector<analysis::Elasticity>& elasticities = {}) {
  std::string lines =
      fmt::format("  {}: {}{}\n", label, limiter.name, limiter.confirmed ? ", confirmed" : "");
  for (const auto& each : elasticities)
    lines += fmt::format("    put to the test: {}\n", analysis::elasticity_text(each));
  for (const auto& evidence : limiter.evidence) lines += fmt::format("    {}\n", evidence);
  return lines + suspects_text(limiter);
}

}  // namespace

std::string limiters_text(const analysis::Summary& summary) {
  std::string text;
  for (const analysis::Row& row : summary.rows) {
    if (row.valid_trials > 0) {
      text += limiter_text(row.cell.label, row.limiter, row.elasticities);
    } else if (row.disturbed) {
      text += limiter_text(row.cell.label, row.disturbed->limiter);
    }
  }
  if (text.empty()) return {};
  return printable("What limited them, by rules over what was seen of one trial of each:\n" + text);
}

std::string tests_text(const std::vector<analysis::Row>& rows) {
  std::string text;
  for (const analysis::Row& row : rows) {
    for (const auto& each : row.elasticities)
      text += fmt::format("  {}: {}\n", row.cell.label, analysis::elasticity_text(each));
  }
  return printable(text);
}

}  // namespace unrig::report
