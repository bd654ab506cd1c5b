/// \file
/// More load before a trial's warm-up, until the server's level holds: for what compiles while it
/// runs. One rule for all of them, not one time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>

#include "base/clock.h"
#include "base/result.h"
#include "load/load.h"
#include "plan/bench.h"
#include "record/record.h"

namespace unrig::trial {

/// What one step of load showed.
struct WarmStep {
  double level = 0;  ///< answers per second; in an open loop the mean response time, us
  std::uint64_t sent = 0, answered = 0;  ///< requests
};

/// Whether the last two steps have the level of the two before: by 2.5 %, or by what chance does to
/// so few answers.
[[nodiscard]] bool level_holds(std::span<const WarmStep> steps);

/// Runs the step with this number, from 1, for that long. Errors end the trial.
using RunStep = std::function<Result<WarmStep>(int number, Duration length)>;

/// Runs steps of two seconds until the level holds, nothing is answered, or the next one would end
/// after `most`.
[[nodiscard]] Result<record::WarmUp> warm_up(Duration most, const RunStep& run);

/// The same with the load of a trial's plan, so that the usual warm-up, which comes behind it, ends
/// after phases.warmup_most at most. Empty where nothing is extended. Errors: those of
/// load::run(); interrupted.
[[nodiscard]] Result<std::optional<record::WarmUp>> warm_up(const load::Plan& plan,
                                                            const plan::Phases& phases,
                                                            const Clock& clock,
                                                            const std::stop_token& stop);

}  // namespace unrig::trial
