#include "analysis/elasticity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "analysis/figures.h"
#include "analysis/limiters.h"
#include "plan/cells.h"
#include "plan/perturbation.h"
#include "stats/blocks.h"

namespace unrig::analysis {
namespace {

/// Both in the blocks in which both count.
struct Pairs {
  std::vector<double> log_ratios;  ///< of the changed one over the unchanged
  double counting = 0;             ///< see stats::Allowance
};

Pairs pairs_of(const record::Run& run, const record::Perturbation& change) {
  std::map<int, const record::Trial*> unchanged;
  for (const auto* trial : valid_trials(run, change.of, Blocks::perturbed))
    unchanged[trial->block] = trial;
  Pairs pairs;
  for (const auto* trial : valid_trials(run, change.label, Blocks::perturbed)) {
    const auto beside = unchanged.find(trial->block);
    if (beside == unchanged.end() || !(throughput(*trial) > 0) ||
        !(throughput(*beside->second) > 0))
      continue;
    pairs.log_ratios.push_back(std::log(throughput(*trial) / throughput(*beside->second)));
    pairs.counting += stats::counting_error_of(counted_requests(*trial)) +
                      stats::counting_error_of(counted_requests(*beside->second));
  }
  if (!pairs.log_ratios.empty()) pairs.counting /= static_cast<double>(pairs.log_ratios.size());
  return pairs;
}

/// The exponent e of ratio = exp(log_change)^e.
stats::Estimate exponent(const stats::Estimate& ratio, double log_change) {
  const auto of = [&](double value) { return std::log(value) / log_change; };
  stats::Estimate found{
      .estimate = of(ratio.estimate), .low = {}, .high = {}, .confidence = ratio.confidence};
  if (!ratio.low || !ratio.high) return found;
  found.low = std::min(of(*ratio.low), of(*ratio.high));
  found.high = std::max(of(*ratio.low), of(*ratio.high));
  return found;
}

Proof proof_of(const stats::Estimate& elasticity) {
  if (!elasticity.low || !elasticity.high) return Proof::undecided;
  if (elasticity.estimate >= limits_from && *elasticity.low > matters_from) return Proof::confirmed;
  return *elasticity.high < matters_from ? Proof::refuted : Proof::undecided;
}

bool was_measured(const Elasticity& elasticity) {
  return elasticity.proof != Proof::not_checked;
}

const Elasticity* of_suspect(const std::vector<Elasticity>& elasticities, std::string_view name) {
  const auto found = std::ranges::find_if(
      elasticities, [&](const Elasticity& each) { return each.change.suspect == name; });
  return found == elasticities.end() ? nullptr : &*found;
}

const Elasticity* largest_confirmed(const std::vector<Elasticity>& elasticities) {
  const Elasticity* largest = nullptr;
  for (const Elasticity& each : elasticities) {
    const bool is_larger =
        largest == nullptr || each.elasticity.estimate > largest->elasticity.estimate;
    if (each.proof == Proof::confirmed && is_larger) largest = &each;
  }
  return largest;
}

/// Whether two matter, and none of them limits.
bool are_several(const std::vector<Elasticity>& elasticities) {
  const auto matters = [](const Elasticity& each) {
    return was_measured(each) && each.elasticity.estimate >= matters_from &&
           each.elasticity.low.value_or(0) > 0;
  };
  const auto limits = [](const Elasticity& each) {
    return was_measured(each) && each.elasticity.estimate >= limits_from;
  };
  return std::ranges::count_if(elasticities, matters) >= 2 &&
         std::ranges::none_of(elasticities, limits);
}

const record::Suspect* suspect_of(const record::Limiter& limiter, std::string_view name) {
  const auto found = std::ranges::find(limiter.suspects, name, &record::Suspect::name);
  return found == limiter.suspects.end() ? nullptr : &*found;
}

/// Names another one, with what was seen of it in place of what was seen of the first.
void rename(record::Limiter& limiter, const std::string& name) {
  if (const auto* before = suspect_of(limiter, limiter.name)) {
    std::erase_if(limiter.evidence, [&](const std::string& line) {
      return std::ranges::find(before->evidence, line) != before->evidence.end();
    });
  }
  limiter.name = name;
  if (const auto* now = suspect_of(limiter, name))
    limiter.evidence.insert(limiter.evidence.begin(), now->evidence.begin(), now->evidence.end());
}

}  // namespace

std::string_view to_text(Proof proof) {
  switch (proof) {
    case Proof::confirmed:
      return "confirmed";
    case Proof::refuted:
      return "refuted";
    case Proof::undecided:
      return "not checked enough";
    case Proof::not_checked:
      break;
  }
  return "not checked";
}

std::vector<Elasticity> elasticities_of(const record::Run& run, const std::string& label) {
  std::vector<Elasticity> found;
  std::vector<Pairs> pairs;
  double measured = 0;
  for (const auto& change : run.manifest.perturbations) {
    if (change.of != label) continue;
    found.push_back({.change = change, .why_not = change.not_checked});
    pairs.push_back(change.not_checked.empty() ? pairs_of(run, change) : Pairs{});
    if (!pairs.back().log_ratios.empty()) ++measured;
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    Elasticity& each = found[i];
    each.blocks = static_cast<int>(pairs[i].log_ratios.size());
    each.elasticity.estimate = std::numeric_limits<double>::quiet_NaN();
    if (each.blocks == 0) {
      if (each.why_not.empty()) each.why_not = "no block counts of both";
      continue;
    }
    const double confidence = 1 - 0.05 / measured;
    const auto ratio = stats::block_ratio_interval(pairs[i].log_ratios,
                                                   {.counting = pairs[i].counting}, confidence);
    each.elasticity = exponent(ratio, plan::log_change(each.change));
    each.proof = proof_of(each.elasticity);
  }
  return found;
}

void put_to_the_test(record::Limiter& limiter, const std::vector<Elasticity>& elasticities) {
  if (std::ranges::none_of(elasticities, was_measured)) return;
  const Elasticity* own = of_suspect(elasticities, limiter.name);
  const bool is_resource = names_a_resource(limiter.name);
  if (own != nullptr && own->proof == Proof::confirmed) {
    limiter.confirmed = true;
    return;
  }
  if (is_resource && (own == nullptr || own->proof != Proof::refuted)) return;
  const std::string by_rules =
      is_resource ? fmt::format("by the rules it would be {}, which is refuted: {}", limiter.name,
                                elasticity_text(*own))
                  : "";
  const Elasticity* rival = largest_confirmed(elasticities);
  if (rival != nullptr) {
    rename(limiter, rival->change.suspect);
    limiter.confirmed = true;
  } else if (are_several(elasticities)) {
    rename(limiter, "several");
  } else if (is_resource) {
    rename(limiter, "unattributed");
  }
  if (!by_rules.empty()) limiter.evidence.insert(limiter.evidence.begin(), by_rules);
}

std::string figures_text(const stats::Estimate& elasticity) {
  if (!elasticity.low) return fmt::format("{:.2f}", elasticity.estimate);
  return fmt::format("{:.2f} [{:.2f}, {:.2f}]", elasticity.estimate, *elasticity.low,
                     *elasticity.high);
}

std::string elasticity_text(const Elasticity& elasticity) {
  const record::Perturbation& change = elasticity.change;
  if (change.knob.empty())
    return fmt::format("{}: not checked: {}", change.suspect, elasticity.why_not);
  const std::string step =
      plan::sets_workers(change.knob)
          ? fmt::format("workers {:g} -> {:g}", change.from, change.to)
          : fmt::format("{} {:.3g} -> {:.3g}", change.knob, change.from, change.to);
  if (!was_measured(elasticity))
    return fmt::format("{}, by {}: not checked: {}", change.suspect, step, elasticity.why_not);
  return fmt::format("{}, by {}: elasticity {}, {}", change.suspect, step,
                     figures_text(elasticity.elasticity), to_text(elasticity.proof));
}

}  // namespace unrig::analysis
