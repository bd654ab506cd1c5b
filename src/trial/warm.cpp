#include "trial/warm.h"

#include <algorithm>
#include <cmath>
#include <variant>
#include <vector>

namespace unrig::trial {
namespace {

constexpr std::size_t steps_of_a_level = 2;
constexpr Duration step_length = plan::level_least / (2 * steps_of_a_level);
/// What rises by as much from one level to the next, in 4 s, changes within a window of 5 s by less
/// than the 5 % that its own check lets pass. A higher one would be passed too early, a lower one
/// not by a noisy machine.
constexpr double tolerance = 0.025;

struct Level {
  double mean = 0;
  std::uint64_t answered = 0;
};

Level level_of(std::span<const WarmStep> steps) {
  Level level;
  for (const auto& step : steps) {
    level.mean += step.level / static_cast<double>(steps.size());
    level.answered += step.answered;
  }
  return level;
}

}  // namespace

bool level_holds(std::span<const WarmStep> steps) {
  if (steps.size() < 2 * steps_of_a_level) return false;
  const auto last = steps.last(2 * steps_of_a_level);
  const Level before = level_of(last.first(steps_of_a_level));
  const Level now = level_of(last.last(steps_of_a_level));
  const auto fewest = static_cast<double>(std::min(before.answered, now.answered));
  if (fewest == 0 || before.mean <= 0) return false;
  // One standard error of the difference of two counts. Of two that are the same most are as near
  // as that, and there is another try with the next step.
  const double chance = std::sqrt(2 / fewest);
  return std::abs(now.mean / before.mean - 1) <= std::max(tolerance, chance);
}

Result<record::WarmUp> warm_up(Duration most, const RunStep& run) {
  record::WarmUp warmed;
  std::vector<WarmStep> steps;
  for (Duration taken = step_length; taken <= most; taken += step_length) {
    const auto step = run(static_cast<int>(steps.size()) + 1, step_length);
    if (!step) return std::unexpected(step.error());
    steps.push_back(*step);
    warmed.seconds = seconds(taken);
    warmed.levels.push_back(step->level);
    warmed.sent += step->sent;
    warmed.answered += step->answered;
    warmed.held = level_holds(steps);
    // The trial itself finds out why nothing is answered.
    if (warmed.held || step->answered == 0) break;
  }
  return warmed;
}

Result<std::optional<record::WarmUp>> warm_up(const load::Plan& plan, const plan::Phases& phases,
                                              const Clock& clock, const std::stop_token& stop) {
  if (!phases.extends()) return std::nullopt;
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
  auto warmed = warm_up(phases.warmup_most - phases.warmup, run);
  if (!warmed) return std::unexpected(warmed.error());
  return std::optional(*std::move(warmed));
}

}  // namespace unrig::trial
