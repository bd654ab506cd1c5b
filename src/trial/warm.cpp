#include "trial/warm.h"

#include <algorithm>
#include <cmath>
#include <variant>
#include <vector>

namespace unrig::trial {
namespace {

constexpr std::size_t steps_of_a_level = 3;
constexpr Duration step_length = std::chrono::seconds(2);
constexpr double tolerance = 0.05;  ///< as that of a window (stats/steady_state.h)
/// How far apart three counts of the same thing seldom are, in their standard errors.
constexpr double errors_apart = 3;

}  // namespace

bool level_holds(std::span<const WarmStep> steps) {
  if (steps.size() < steps_of_a_level) return false;
  const auto last = steps.last(steps_of_a_level);
  const auto [low, high] = std::ranges::minmax(last, {}, &WarmStep::level);
  const auto fewest = std::ranges::min(last, {}, &WarmStep::answered).answered;
  double mean = 0;
  for (const auto& step : last) mean += step.level / steps_of_a_level;
  if (fewest == 0 || mean <= 0) return false;
  const double chance = errors_apart / std::sqrt(static_cast<double>(fewest));
  return (high.level - low.level) / mean <= std::max(tolerance, chance);
}

Result<record::WarmUp> warm_up(Duration length, Duration most, const RunStep& run) {
  record::WarmUp warmed;
  std::vector<WarmStep> steps;
  for (Duration taken = length; taken <= most && !warmed.held; taken += length) {
    const auto step = run(static_cast<int>(steps.size()) + 1, length);
    if (!step) return std::unexpected(step.error());
    steps.push_back(*step);
    warmed.seconds = seconds(taken);
    warmed.levels.push_back(step->level);
    warmed.sent += step->sent;
    warmed.answered += step->answered;
    warmed.held = level_holds(steps);
  }
  return warmed;
}

Result<std::optional<record::WarmUp>> warm_up(const load::Plan& plan, const plan::Phases& phases,
                                              const Clock& clock, const std::stop_token& stop) {
  if (phases.warmup_most <= phases.warmup) return std::nullopt;
  const bool open_loop = std::holds_alternative<load::OpenLoop>(plan.loop);
  const auto run = [&](int number, Duration length) -> Result<WarmStep> {
    load::Plan step = plan;
    step.warmup = Duration{0};
    step.duration = length;
    step.seed += static_cast<std::uint64_t>(number);
    step.start = clock.now();
    const auto outcome = load::run(step, clock, stop);
    if (!outcome) return std::unexpected(outcome.error());
    if (outcome->stopped) return fail(ErrorKind::interrupted, "the trial was stopped");
    constexpr double ns_per_us = 1000;
    return WarmStep{
        .level = open_loop ? outcome->response.mean_ns() / ns_per_us : outcome->throughput(),
        .sent = outcome->total.issued + outcome->resent,
        .answered = outcome->total.completed};
  };
  auto warmed = warm_up(step_length, phases.warmup_most - phases.warmup, run);
  if (!warmed) return std::unexpected(warmed.error());
  return std::optional(*std::move(warmed));
}

}  // namespace unrig::trial
