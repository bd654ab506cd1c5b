#include "arrivals/schedule.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace unrig::arrivals {
namespace {

/// The integral of the rate over the phase: the expected number of arrivals.
double mass(const Phase& phase) {
  return (phase.from.per_second + phase.to.per_second) / 2 * seconds(phase.length);
}

/// When the integral of the rate reaches `expected`: the root t of
/// from t + (to - from) t^2 / (2 length) = expected, in the form that cancels no digits.
double reach(const Phase& phase, double expected) {
  const double from = phase.from.per_second;
  const double slope = (phase.to.per_second - from) / seconds(phase.length);
  const double inside = std::max(0.0, from * from + 2 * slope * expected);
  return 2 * expected / (from + std::sqrt(inside));
}

}  // namespace

Result<Rates> parse_rates(std::string_view text) {
  constexpr std::string_view until = "..";
  const std::size_t dots = text.find(until);
  const auto from = parse_rate(text.substr(0, dots));
  if (!from) return std::unexpected(from.error());
  if (dots == std::string_view::npos) return Rates{*from, {}};
  const auto to = parse_rate(text.substr(dots + until.size()));
  if (!to) return std::unexpected(to.error());
  return Rates{*from, *to};
}

std::uint64_t count(const Phase& phase) {
  assert(phase.from.per_second > 0 && phase.to.per_second > 0 && phase.length >= Duration{0});
  return static_cast<std::uint64_t>(std::llround(mass(phase)));
}

std::vector<Duration> schedule(const Phase& phase, ArrivalProcess process, RandomStream& random) {
  std::vector<Duration> times(count(phase));
  const Duration last = phase.length - Duration{1};  // rounding must not leave the phase
  const auto at = [&](double expected) {
    return std::min(from_seconds(reach(phase, expected)), last);
  };
  if (process == ArrivalProcess::constant) {
    for (std::size_t k = 0; k < times.size(); ++k) times[k] = at(static_cast<double>(k));
    return times;
  }
  std::vector<double> sums(times.size());
  double sum = 0;
  for (double& partial_sum : sums) partial_sum = sum += random.exponential(1);
  sum += random.exponential(1);
  const double scale = mass(phase) / sum;
  std::ranges::transform(sums, times.begin(), [&](double partial) { return at(partial * scale); });
  return times;
}

Duration think_time(ThinkTime kind, Duration mean, RandomStream& random) {
  if (kind == ThinkTime::constant) return mean;
  return from_seconds(random.exponential(seconds(mean)));
}

Duration first_think_time(ThinkTime kind, Duration mean, RandomStream& random) {
  if (kind == ThinkTime::exponential) return think_time(kind, mean, random);
  return from_seconds(seconds(mean) * random.uniform());
}

}  // namespace unrig::arrivals
