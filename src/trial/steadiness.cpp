#include "trial/steadiness.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "stats/steady_state.h"

namespace unrig::trial {
namespace {

/// Steps that lie in the window as a whole.
std::vector<double> steps_in_window(const record::Trial& trial, bool open_loop) {
  const double step = seconds(tally::step_length);
  constexpr double rounding = 1e-6;
  const auto first = static_cast<std::size_t>(std::ceil(trial.warmup_seconds / step - rounding));
  const double end = (trial.warmup_seconds + trial.window_seconds) / step + rounding;
  std::vector<double> values;
  for (std::size_t i = first; static_cast<double>(i + 1) <= end; ++i) {
    // The last steps of a trial that fell silent are not there.
    const tally::Stretch seen = i < trial.steps.size() ? trial.steps[i] : tally::Stretch{};
    if (!open_loop) {
      values.push_back(static_cast<double>(seen.completed));
    } else if (seen.completed > 0) {  // nothing answered says nothing of the response time
      values.push_back(seen.mean_response_us);
    } else if (!values.empty()) {
      values.push_back(values.back());
    }
  }
  return values;
}

}  // namespace

record::SteadyState steady_state(const record::Trial& trial, bool open_loop) {
  const stats::Drift drift = stats::find_drift(steps_in_window(trial, open_loop));
  using Shape = stats::Drift::Shape;
  record::SteadyState state{.checked = drift.shape != Shape::not_checked};
  if (drift.shape != Shape::jump && drift.shape != Shape::slope) return state;
  state.steady = false;
  state.change = drift.change;
  if (drift.shape == Shape::jump) {
    state.at_seconds = static_cast<double>(drift.at) * seconds(tally::step_length);
  }
  return state;
}

std::string reason_of(const record::SteadyState& state, bool open_loop) {
  const std::string where = state.at_seconds ? fmt::format("at second {:.1f}", *state.at_seconds)
                                             : std::string("over the measurement");
  return fmt::format("{} {} by {:.0f} % {}: no steady state",
                     open_loop ? "the response time" : "throughput",
                     state.change < 0 ? "fell" : "rose", std::abs(state.change) * 100, where);
}

}  // namespace unrig::trial
