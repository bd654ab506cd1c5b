#include "analysis/leak.h"

#include <algorithm>

#include "analysis/figures.h"
#include "record/limits.h"

namespace unrig::analysis {

std::optional<Leak> leak_of(const record::Run& run, const std::string& label) {
  Leak leak;
  for (const Blocks blocks : {Blocks::table, Blocks::fresh}) {
    for (const record::Trial* trial : valid_trials(run, label, blocks)) {
      const auto& [all, late] = trial->signals.growth;
      const auto& processes = trial->signals.census.processes;
      const auto requests = static_cast<double>(trial->window.completed);
      if (!all || !late || !processes || requests <= 0) continue;
      // Of one level, or it would not count: as many requests in each half.
      const bool is_leak = record::is_leak({.first_bytes = *all - *late,
                                            .second_bytes = *late,
                                            .requests = requests / 2,
                                            .processes = *processes});
      if (!is_leak) return std::nullopt;
      const double each = static_cast<double>(*all) / requests;
      leak.low_bytes = leak.trials == 0 ? each : std::min(leak.low_bytes, each);
      leak.high_bytes = std::max(leak.high_bytes, each);
      ++leak.trials;
    }
  }
  return leak.trials < leak_trials_min ? std::nullopt : std::optional(leak);
}

}  // namespace unrig::analysis
