#include "analysis/later.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/figures.h"
#include "stats/interval.h"

namespace unrig::analysis {

std::optional<Later> later_of(const record::Run& run, const std::string& label) {
  const record::Manifest& manifest = run.manifest;
  // What is made up for after an unsteady trial warms up longer, too, and is no probe.
  const double least = manifest.warmup_seconds + manifest.duration_seconds;
  std::vector<double> usual;
  const record::Trial* later = nullptr;
  for (const Blocks blocks : {Blocks::table, Blocks::fresh}) {
    for (const record::Trial* trial : valid_trials(run, label, blocks)) {
      if (trial->throughput_per_s <= 0) continue;
      const bool is_later =
          trial->purpose == record::Purpose::planned && trial->warmup_seconds > least;
      if (is_later) {
        later = trial;
      } else {
        usual.push_back(std::log(trial->throughput_per_s));
      }
    }
  }
  if (later == nullptr || usual.size() < usual_trials_min) return std::nullopt;
  const double level = std::log(later->throughput_per_s);
  const auto [lowest, highest] = std::ranges::minmax(usual);
  const double limit = std::log1p(later_limit);
  return Later{.usual_seconds = manifest.warmup_seconds,
               .later_seconds = later->warmup_seconds,
               .ratio = std::exp(level - stats::mean(usual)),
               .steady = level <= highest + limit && level >= lowest - limit};
}

}  // namespace unrig::analysis
