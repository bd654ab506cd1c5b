#include "analysis/changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/comparison.h"
#include "analysis/ratios.h"
#include "base/text.h"
#include "plan/cells.h"

namespace unrig::analysis {
namespace {

using record::Cell;
using stats::Standing;

double cpu_per_request(const record::Trial& trial) {
  return trial.cpu_us_per_request.chain().value_or(std::numeric_limits<double>::quiet_NaN());
}

/// What `cell` has and `base` does not.
record::Pairs beyond(const Cell& base, const Cell& cell) {
  record::Pairs changed = cell.knobs;
  std::erase_if(changed, [&](const auto& setting) {
    return std::ranges::find(base.knobs, setting) != base.knobs.end();
  });
  return changed;
}

bool is_sure(const Change& change) {
  return change.standing == Standing::faster || change.standing == Standing::slower;
}

/// "db.connection=pooled, client.keep_alive=true" of those with that standing.
std::string with(const std::vector<Change>& changes, Standing standing) {
  std::vector<std::string> texts;
  for (const auto& change : changes)
    if (change.standing == standing) texts.push_back(change.text);
  return join(texts, ", ");
}

std::string sentence_of(const Changes& found) {
  std::vector<const Change*> sure;
  for (const auto& change : found.changes)
    if (is_sure(change)) sure.push_back(&change);
  // What does most comes first, whichever way.
  std::ranges::sort(sure, std::ranges::greater{}, [](const Change* change) {
    return std::abs(std::log(change->throughput.estimate));
  });
  std::vector<std::string> parts;
  for (const Change* change : sure) {
    parts.push_back(fmt::format("{} times {} with {}", estimate_text(change->throughput),
                                interval_text(change->throughput), change->text));
  }
  std::string text;
  if (!parts.empty())
    text = fmt::format("{} serves, in requests/s, {}", found.of, join(parts, ", "));
  const auto add = [&](const std::string& part) { text += text.empty() ? part : "; " + part; };
  if (const auto same = with(found.changes, Standing::equivalent); !same.empty())
    add("no difference that matters with " + same);
  if (const auto open = with(found.changes, Standing::undecided); !open.empty())
    add("undecided with " + open);
  return text;
}

}  // namespace

Changes changes_of(const record::Run& run) {
  Changes found{.of = run.manifest.baseline, .changes = {}, .sentence = {}};
  const auto& cells = run.manifest.cells;
  const auto base = std::ranges::find(cells, run.manifest.baseline, &Cell::label);
  if (base == cells.end()) return found;
  for (const Cell& cell : cells) {
    if (cell.role != record::Role::perturbation || !same_stack(cell, *base)) continue;
    found.changes.push_back({.label = cell.label, .knobs = beyond(*base, cell), .text = {}});
  }
  if (found.changes.empty()) return found;
  const double each = 1 - (1 - found.confidence) / static_cast<double>(found.changes.size());
  const Ratios throughputs(run, throughput), medians(run, p50), times(run, cpu_per_request);
  const std::size_t under = index_of(run, base->label);
  for (Change& change : found.changes) {
    const std::size_t over = index_of(run, change.label);
    change.text = plan::setting_text(change.knobs);
    change.throughput = throughputs.of(over, under, each);
    change.p50 = medians.of(over, under, each);
    change.cpu = times.of(over, under, each);
    change.standing = stats::standing(change.throughput, run.manifest.margin);
  }
  found.sentence = sentence_of(found);
  return found;
}

}  // namespace unrig::analysis
