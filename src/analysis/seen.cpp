#include "analysis/seen.h"

#include <algorithm>
#include <cmath>

#include "analysis/differences.h"
#include "analysis/ratios.h"

namespace unrig::analysis {
namespace {

bool same_cell(const record::Manifest& of_a, const record::Cell& a, const record::Manifest& of_b,
               const record::Cell& b) {
  return same_stack(a, b) && a.workers == b.workers && a.hash == b.hash && a.lock == b.lock &&
         same_settings(of_a, a, of_b, b);
}

/// Place in `other` of what is the same as `cell` of `run`; the number of cells where nothing is.
std::size_t place_of(const record::Run& other, const record::Run& run, const record::Cell& cell) {
  const auto& cells = other.manifest.cells;
  const auto found = std::ranges::find_if(cells, [&](const record::Cell& candidate) {
    return same_cell(run.manifest, cell, other.manifest, candidate);
  });
  return static_cast<std::size_t>(found - cells.begin());
}

/// Adds one run's ratio of the cells at those places, where it has both.
void note(std::optional<Seen>& seen, const Ratios& ratios, std::size_t a, std::size_t b) {
  const std::size_t cells = ratios.table().stacks();
  if (a >= cells || b >= cells || a == b) return;
  const double ratio = ratios.of(a, b).estimate;
  if (std::isnan(ratio)) return;
  if (!seen) seen = Seen{.runs = 0, .low = ratio, .high = ratio};
  ++seen->runs;
  if (ratio > 1) ++seen->above;
  seen->low = std::min(seen->low, ratio);
  seen->high = std::max(seen->high, ratio);
}

}  // namespace

bool same_conditions(const record::Manifest& a, const record::Manifest& b) {
  return a.host.hostname == b.host.hostname &&
         std::ranges::none_of(differences(a, b), &Difference::bars);
}

void add_seen(Summary& summary, const record::Run& run, std::span<const record::Run> earlier) {
  const auto& cells = run.manifest.cells;
  const std::size_t base = index_of(run, run.manifest.baseline);
  if (base == cells.size()) return;
  for (const record::Run& other : earlier) {
    if (!same_conditions(run.manifest, other.manifest)) continue;
    const Ratios ratios(other, throughput);
    for (Row& row : summary.rows) {
      if (row.ranked() && row.cell.label != run.manifest.baseline) {
        note(row.seen, ratios, place_of(other, run, row.cell), place_of(other, run, cells[base]));
      }
    }
  }
}

void add_seen(Comparison& comparison, const record::Run& run,
              std::span<const record::Run> earlier) {
  for (const record::Run& other : earlier) {
    if (!same_conditions(run.manifest, other.manifest)) continue;
    note(comparison.seen, Ratios(other, throughput), place_of(other, run, comparison.a.cell),
         place_of(other, run, comparison.b.cell));
  }
}

}  // namespace unrig::analysis
