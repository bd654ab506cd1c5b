#include "experiment/window.h"

#include <algorithm>
#include <cmath>

namespace unrig::experiment {

Duration window_of(const record::Run& run, const record::Cell& cell, Duration usual) {
  constexpr int times_max = 6;
  double needed = seconds(usual);
  for (const record::Trial& trial : run.trials) {
    const bool measured = trial.window_seconds > 0 && trial.throughput_per_s > 0;
    if (trial.label != cell.label || !measured) continue;
    needed = std::max(needed, window_requests_min / trial.throughput_per_s);
  }
  if (needed <= seconds(usual)) return usual;
  return std::min(usual * times_max, from_seconds(std::ceil(needed)));
}

}  // namespace unrig::experiment
