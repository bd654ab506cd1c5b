#include "analysis/limiters.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

namespace unrig::analysis {
namespace {

using Trials = std::vector<const record::Trial*>;

std::map<std::string, int> votes_of(const Trials& trials) {
  std::map<std::string, int> votes;
  for (const auto* trial : trials) ++votes[trial->limiter.name];
  return votes;
}

/// What is left of each suspect, on average over the trials that know it.
std::map<std::string, double> margins_of(const Trials& trials) {
  std::map<std::string, std::pair<double, int>> sums;
  for (const auto* trial : trials) {
    for (const auto& suspect : trial->limiter.suspects) {
      auto& [sum, number] = sums[suspect.name];
      if (!suspect.margin) continue;
      sum += *suspect.margin;
      ++number;
    }
  }
  std::map<std::string, double> margins;
  for (const auto& [name, sum] : sums)
    margins[name] =
        sum.second > 0 ? sum.first / sum.second : std::numeric_limits<double>::infinity();
  return margins;
}

}  // namespace

bool names_a_resource(std::string_view limiter) {
  return limiter != "several" && limiter != "unattributed";
}

const record::Trial* typical_trial(const Trials& trials) {
  const auto votes = votes_of(trials);
  const auto most = std::ranges::max_element(
      trials, {}, [&](const record::Trial* trial) { return votes.at(trial->limiter.name); });
  return most == trials.end() ? nullptr : *most;
}

std::vector<Candidate> candidates(const Trials& trials) {
  const record::Trial* typical = typical_trial(trials);
  if (typical == nullptr) return {};
  const auto votes = votes_of(trials);
  auto margins = margins_of(trials);
  for (const auto& [name, number] : votes) margins.try_emplace(name, 0.0);
  const auto votes_for = [&](const std::string& name) {
    const auto found = votes.find(name);
    return found == votes.end() ? 0 : found->second;
  };
  std::vector<std::tuple<bool, int, double, std::string>> ranked;
  for (const auto& [name, margin] : margins) {
    if (names_a_resource(name))
      ranked.emplace_back(name != typical->limiter.name, -votes_for(name), margin, name);
  }
  std::ranges::sort(ranked);
  constexpr double half = 0.5;
  std::vector<Candidate> found;
  for (const auto& [is_other, no_votes, margin, name] : ranked)
    found.push_back({.name = name, .is_near_limit = no_votes < 0 || margin < half});
  return found;
}

}  // namespace unrig::analysis
