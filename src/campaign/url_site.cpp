#include "campaign/url_site.h"

#include <fmt/format.h>

namespace unrig::campaign {
namespace {

/// That two URLs answer differently is no fault, but whoever reads the ratio must know it. Bodies
/// that may change from one request to the next are what was expected of them.
std::string note_on(const trial::UrlTarget& a, const trial::UrlTarget& b) {
  if (!a.plan.expected_body || !b.plan.expected_body) return {};
  const std::string& of_a = *a.plan.expected_body;
  const std::string& of_b = *b.plan.expected_body;
  if (of_a == of_b) return {};
  return fmt::format("answers with another body than {} ({} bytes, {} there)", a.url, of_b.size(),
                     of_a.size());
}

}  // namespace

std::vector<record::Cell> cells_of(const std::string& a, const std::string& b) {
  std::vector<record::Cell> cells{{.stack = a, .label = a}, {.stack = b, .label = b}};
  if (a == b) cells.back().label += " (again)";
  return cells;
}

Result<> UrlSite::prepare(record::Manifest& manifest, experiment::Watcher&,
                          const std::stop_token& stop) {
  for (auto& target : targets_) {
    if (auto learnt = trial::learn_answer(target, clock_, stop); !learnt) return learnt;
  }
  manifest.cells.back().note = note_on(targets_.front(), targets_.back());
  bench_.emplace(std::move(targets_), clock_, manifest.host.cores, times_resumed_);
  return {};
}

}  // namespace unrig::campaign
