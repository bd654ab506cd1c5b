#include "record/disturbance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace unrig::record {

std::vector<Cause> causes_of(const Disturbance& seen) {
  std::vector<Cause> causes;
  if (seen.steal > steal_limit) causes.push_back(Cause::steal);
  if (seen.foreign > foreign_limit) causes.push_back(Cause::foreign);
  if (seen.unseen > unseen_limit) causes.push_back(Cause::unseen);
  if (seen.frequency_change && std::abs(*seen.frequency_change) > frequency_limit) {
    causes.push_back(Cause::frequency);
  }
  return causes;
}

std::string reason_of(Cause cause, const Disturbance& seen) {
  switch (cause) {
    case Cause::foreign:
      return fmt::format("other programs used {:.0f} % of the CPU time, most of it {}",
                         seen.foreign.value_or(0) * 100, seen.foreign_name);
    case Cause::steal:
      return fmt::format("the hypervisor took {:.1f} % of the CPU time",
                         seen.steal.value_or(0) * 100);
    case Cause::unseen:
      return fmt::format("{:.0f} % of the CPU time went to nobody in sight",
                         seen.unseen.value_or(0) * 100);
    case Cause::frequency:
      return fmt::format("the cores' frequency changed by {:.0f} %",
                         seen.frequency_change.value_or(0) * 100);
  }
  return {};
}

double lost_share(const Disturbance& seen) {
  constexpr double most = 0.95;
  return std::clamp(seen.steal.value_or(0) + seen.foreign.value_or(0) + seen.unseen.value_or(0),
                    0.0, most);
}

bool took_less(const Disturbance& seen, double share) {
  return lost_share(seen) < share && std::ranges::count(causes_of(seen), Cause::frequency) == 0;
}

}  // namespace unrig::record
