#include "stats/survival.h"

namespace unrig::stats {

Bounded Survival::quantile(double q) const {
  if (all_ended()) return {ended_.quantile(q), false};
  const auto ended = ended_.counts();
  const auto unended = unended_.counts();
  auto waiting = static_cast<double>(count());
  double share = 1;  // still waiting after the slot
  constexpr double rounding = 1e-9;
  for (std::size_t slot = 0; slot < ended.size() && waiting > 0; ++slot) {
    if (ended[slot] == 0 && unended[slot] == 0) continue;
    share *= 1 - static_cast<double>(ended[slot]) / waiting;
    waiting -= static_cast<double>(ended[slot] + unended[slot]);
    if (ended[slot] > 0 && share <= 1 - q + rounding) {
      return {Duration{std::min(Histogram::highest_of(slot), ended_.max().count())}, false};
    }
  }
  return {std::max(ended_.max(), unended_.max()), true};
}

Bounded Survival::max() const {
  if (unended_.max() > ended_.max()) return {unended_.max(), true};
  return {ended_.max(), false};
}

double Survival::least_mean_ns() const {
  if (count() == 0) return 0;
  const double sum = ended_.mean_ns() * static_cast<double>(ended_.count()) +
                     unended_.mean_ns() * static_cast<double>(unended_.count());
  return sum / static_cast<double>(count());
}

}  // namespace unrig::stats
