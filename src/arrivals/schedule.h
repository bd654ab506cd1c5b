/// \file
/// Arrivals as schedules: all intended times are known before the clock starts. Pure: the same
/// seed gives the same schedule on every machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/units.h"

namespace unrig::arrivals {

enum class ArrivalProcess {
  constant,  ///< evenly spaced in the expected count
  poisson,   ///< a Poisson process, given its count
};

/// What `--rate` takes: "1000/s", or "100/s..2000/s" for a linear ramp.
struct Rates {
  Rate from{1};
  std::optional<Rate> to;  ///< none: the rate is constant
};
/// Error: usage.
[[nodiscard]] Result<Rates> parse_rates(std::string_view text);

/// A rate that changes linearly from `from` to `to` over `length`; equal ends: a constant one.
struct Phase {
  Rate from{1};
  Rate to{1};
  Duration length{0};
};

/// Mean rate times length, rounded to the nearest whole number. Rates above 0, length >= 0.
[[nodiscard]] std::uint64_t count(const Phase& phase);

/// Exactly count(phase) offsets from the start of the phase, ascending, in [0, length).
///
/// Constant: the k-th arrival (from 0) is when the expected count, the integral of the rate,
/// reaches k. Poisson: given that n arrivals fall into the phase, they are n independent draws,
/// sorted, from the density of the rate; drawn in order as partial sums of n + 1 exponential
/// variates (Devroye, Non-Uniform Random Variate Generation, 1986, V.2.2).
[[nodiscard]] std::vector<Duration> schedule(const Phase& phase, ArrivalProcess process,
                                             RandomStream& random);

enum class ThinkTime { constant, exponential };

/// One think time with the given mean.
[[nodiscard]] Duration think_time(ThinkTime kind, Duration mean, RandomStream& random);
/// What is left of a think time that somebody has been in for a while: of a constant one anything
/// from nothing to the whole, equally likely; of an exponential one as much as ever.
[[nodiscard]] Duration first_think_time(ThinkTime kind, Duration mean, RandomStream& random);

}  // namespace unrig::arrivals
