/// \file
/// What disturbs from outside the chain, and whether it is too much. Pure but for look_around().
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "record/record.h"

namespace unrig::trial {

/// Whose doing a disturbance is, by what can be done about it.
enum class Cause {
  foreign,    ///< programs that can be seen
  steal,      ///< other guests of the hypervisor
  unseen,     ///< nobody in sight: neighbours of a container, programs that come and go
  frequency,  ///< the processor's own
};

/// Each cause that is beyond its limit (docs/verdicts.md); empty on a quiet machine. A trial with
/// any is disturbed.
[[nodiscard]] std::vector<Cause> causes_of(const record::Disturbance& seen);

/// "other programs used 52 % of the CPU time, most of it python3": what a verdict says.
[[nodiscard]] std::string reason_of(Cause cause, const record::Disturbance& seen);

/// Which part of the machine others had, at least: fraction of all cores, 0 to 0.95.
[[nodiscard]] double lost_share(const record::Disturbance& seen);

/// The machine beside unrig's own processes, for `length` or until `stop` says so; asked ten times
/// a second. `counts_programs`: false where the server that is measured is itself such a program.
[[nodiscard]] record::Disturbance look_around(const Clock& clock, Duration length,
                                              const std::function<bool()>& stop,
                                              bool counts_programs = true);

}  // namespace unrig::trial
