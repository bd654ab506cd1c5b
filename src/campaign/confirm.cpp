#include "campaign/confirm.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "analysis/figures.h"
#include "analysis/limiters.h"
#include "plan/perturbation.h"

namespace unrig::campaign {
namespace {

/// What is known of one cell by the rules.
struct Suspicion {
  const record::Cell& cell;
  const record::Trial& typical;
  std::vector<analysis::Candidate> candidates;
};

std::vector<Suspicion> suspicions_of(const record::Run& run) {
  std::vector<Suspicion> found;
  for (const std::size_t place : plan::cells_to_confirm(run.manifest)) {
    const record::Cell& cell = run.manifest.cells[place];
    const auto trials = analysis::valid_trials(run, cell.label);
    const record::Trial* typical = analysis::typical_trial(trials);
    // A record of an earlier version does not say how it was measured.
    if (typical == nullptr || !typical->conditions || !typical->conditions->sees_server) continue;
    const bool was_served =
        typical->conditions->open_loop && typical->limiter.name == record::Limiter{}.name;
    if (!was_served) found.push_back({cell, *typical, analysis::candidates(trials)});
  }
  return found;
}

/// The likeliest first. `other`: what limits the other one of two cells.
std::vector<record::Perturbation> changes_of(const record::Manifest& manifest, Suspicion of,
                                             const std::string& other) {
  const std::string& suspect = of.typical.limiter.name;
  // The limiter comes first, where it names a resource.
  const bool has_suspect = !of.candidates.empty() && of.candidates.front().name == suspect;
  std::stable_partition(of.candidates.begin() + (has_suspect ? 1 : 0), of.candidates.end(),
                        [&](const auto& candidate) { return candidate.name == other; });
  std::vector<record::Perturbation> changes;
  int rivals = 0;
  for (const analysis::Candidate& candidate : of.candidates) {
    auto change = plan::perturbation(manifest, of.cell, of.typical, candidate.name);
    const bool is_worth_it =
        rivals == 0 || candidate.is_near_limit || candidate.name == other || !has_suspect;
    const bool is_new =
        std::ranges::find(changes, change.label, &record::Perturbation::label) == changes.end();
    if (candidate.name == suspect) {
      changes.push_back(std::move(change));
    } else if (rivals < most_rivals && change.not_checked.empty() && is_worth_it && is_new) {
      changes.push_back(std::move(change));
      ++rivals;
    }
  }
  return changes;
}

}  // namespace

std::vector<record::Perturbation> perturbations_of(const record::Run& run) {
  const auto suspicions = suspicions_of(run);
  std::vector<record::Perturbation> found;
  for (std::size_t i = 0; i < suspicions.size(); ++i) {
    const std::string other =
        suspicions.size() == 2 ? suspicions[1 - i].typical.limiter.name : std::string();
    for (auto& change : changes_of(run.manifest, suspicions[i], other))
      found.push_back(std::move(change));
  }
  return found;
}

}  // namespace unrig::campaign
