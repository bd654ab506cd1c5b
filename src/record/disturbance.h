/// \file
/// What disturbs from outside the chain, and whether it is too much. Pure.
#pragma once

#include <string>
#include <vector>

#include "record/record.h"

namespace unrig::record {

// Beyond these a trial does not count. docs/verdicts.md explains each.
inline constexpr double steal_limit = 0.01;      ///< of all cores
inline constexpr double foreign_limit = 0.05;    ///< of all cores: used by other programs
inline constexpr double unseen_limit = 0.10;     ///< of all cores: used by nobody in sight
inline constexpr double frequency_limit = 0.05;  ///< change of the fastest core's

/// Whose doing a disturbance is, by what can be done about it.
enum class Cause {
  foreign,    ///< programs that can be seen
  steal,      ///< other guests of the hypervisor
  unseen,     ///< nobody in sight: neighbours of a container, programs that come and go
  frequency,  ///< the processor's own
};

/// Each cause that is beyond its limit (docs/verdicts.md); empty on a quiet machine. A trial with
/// any is disturbed.
[[nodiscard]] std::vector<Cause> causes_of(const Disturbance& seen);

/// "other programs used 52 % of the CPU time, most of it python3": what a verdict says.
[[nodiscard]] std::string reason_of(Cause cause, const Disturbance& seen);

/// Which part of the machine others had, at least: fraction of all cores, 0 to 0.95.
[[nodiscard]] double lost_share(const Disturbance& seen);
/// Whether that is less than `share`, and all that happened: a core that changed its frequency took
/// no time, but may have changed any figure.
[[nodiscard]] bool took_less(const Disturbance& seen, double share);

}  // namespace unrig::record
