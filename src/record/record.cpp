#include "record/record.h"

#include <algorithm>

#include "stats/support.h"

namespace unrig::record {

void Verdict::reject(std::string reason) {
  valid = false;
  reasons.push_back(std::move(reason));
}

std::string_view to_text(Purpose purpose) {
  switch (purpose) {
    case Purpose::planned:
      return "planned";
    case Purpose::make_up:
      return "make-up";
    case Purpose::confirmation:
      return "confirmation";
    case Purpose::perturbation:
      return "perturbation";
  }
  return "planned";
}

std::string_view to_text(Role role) {
  switch (role) {
    case Role::asked:
      return "asked";
    case Role::baseline_double:
      return "double";
    case Role::grid_step:
      return "step";
    case Role::perturbation:
      return "perturbation";
  }
  return "asked";
}

std::optional<double> CpuPerRequest::chain() const {
  if (!proxy || !app || !pooler || !database) return std::nullopt;
  return *proxy + *app + *pooler + *database;
}

double Hop::statements_per_request() const {
  double sum = 0;
  for (const auto& statement : statements) sum += statement.per_request;
  return sum;
}

const Hop* Audit::hop(std::string_view from) const {
  for (const Hop& hop : hops) {
    if (hop.from == from) return &hop;
  }
  return nullptr;
}

std::vector<std::string> Cell::false_claims() const {
  std::vector<std::string> found;
  for (const Claim& claim : claims) {
    if (claim.ok == false)
      found.push_back(claim.claim + ": expected " + claim.expected + ", observed " +
                      claim.observed);
  }
  return found;
}

std::vector<std::string> Cell::unproven_claims() const {
  std::vector<std::string> found;
  for (const Claim& claim : claims) {
    if (claim.claimed && !claim.ok)
      found.push_back(claim.claim + ": expected " + claim.expected +
                      ", not checked: " + claim.observed);
  }
  return found;
}

bool same_stack(const Cell& a, const Cell& b) {
  return a.stack == b.stack && a.vintage == b.vintage;
}

bool measures_urls(const Manifest& manifest) {
  // The name of a stack is that of a folder and has no colon; every URL has one.
  return std::ranges::any_of(manifest.cells,
                             [](const Cell& cell) { return cell.stack.contains(':'); });
}

const Cell* double_of_baseline(const Manifest& manifest) {
  const auto found = std::ranges::find(manifest.cells, Role::baseline_double, &Cell::role);
  return found == manifest.cells.end() ? nullptr : &*found;
}

Quantiles quantiles(const stats::Histogram& histogram) {
  if (histogram.count() == 0) return {};
  const auto at = [&](double q) -> std::optional<double> {
    if (!stats::supports(q, histogram.count())) return {};
    return microseconds(histogram.quantile(q));
  };
  return {.mean = histogram.mean_ns() / 1e3,
          .p50 = at(0.50),
          .p90 = at(0.90),
          .p95 = at(0.95),
          .p99 = at(0.99),
          .p999 = at(0.999),
          .max = microseconds(histogram.max()),
          .min = microseconds(histogram.min())};
}

}  // namespace unrig::record
