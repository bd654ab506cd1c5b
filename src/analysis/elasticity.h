/// \file
/// What limits a cell, put to the test: how the throughput follows one setting of it. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "record/record.h"
#include "stats/interval.h"

namespace unrig::analysis {

/// From here on a setting is what limits. Two such limits would be two that are met at once.
inline constexpr double limits_from = 0.5;
/// Below it is what may be of no account: an interval above it confirms, one below it refutes.
inline constexpr double matters_from = 0.2;

/// What an elasticity says of its suspect.
enum class Proof {
  confirmed,    ///< limits_from or more, and the interval lies above matters_from
  refuted,      ///< the interval lies below matters_from
  undecided,    ///< not checked enough
  not_checked,  ///< not measured
};
/// "confirmed", "refuted", "not checked enough", "not checked"
[[nodiscard]] std::string_view to_text(Proof proof);

/// d ln(throughput) / d ln(setting), from one step of it: 1 where the throughput follows, 0 where
/// it does not care. Of a delay it is that of the inverse.
struct Elasticity {
  record::Perturbation change;
  int blocks = 0;                                                       ///< in which both count
  stats::Estimate elasticity = {.estimate = 0, .low = {}, .high = {}};  ///< NaN: not measured
  Proof proof = Proof::not_checked;
  std::string why_not;  ///< it is not checked; empty otherwise
};

/// Of all perturbations of the cell with that label, in the manifest's order; of blocks in which
/// both it and its perturbation count. The error of 5 % is shared equally between those that are
/// measured (Bonferroni).
[[nodiscard]] std::vector<Elasticity> elasticities_of(const record::Run& run,
                                                      const std::string& label);

/// What they make of the limiter that the rules named: confirmed; or another one, where it is
/// refuted or names no resource: the largest that is confirmed or, where two matter and none
/// limits, `several`, or `unattributed`. Its evidence then begins with why. Without any that was
/// measured it stays as it is.
void put_to_the_test(record::Limiter& limiter, const std::vector<Elasticity>& elasticities);

/// "workers, by workers 7 -> 9: elasticity 0.91 [0.80, 1.02], confirmed"
[[nodiscard]] std::string elasticity_text(const Elasticity& elasticity);

/// "0.91 [0.80, 1.02]"
[[nodiscard]] std::string figures_text(const stats::Estimate& elasticity);

}  // namespace unrig::analysis
