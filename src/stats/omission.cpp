#include "stats/omission.h"

#include <cmath>

namespace unrig::stats {

Histogram with_omitted(const Histogram& times, Duration interval) {
  // Of very long waits several omitted requests are put into one, so that it ends.
  constexpr std::int64_t most_steps = 10'000;
  Histogram all = times;
  if (interval <= Duration{0}) return all;
  const auto counts = times.counts();
  for (std::size_t slot = Histogram::slot_of(interval.count()); slot < counts.size(); ++slot) {
    if (counts[slot] == 0) continue;
    const Duration waited{std::min(Histogram::highest_of(slot), times.max().count())};
    const std::int64_t omitted = waited / interval - 1;
    const std::int64_t together = omitted / most_steps + 1;
    for (std::int64_t k = 1; k <= omitted; k += together) {
      const auto several = static_cast<std::uint64_t>(std::min(together, omitted - k + 1));
      all.record(waited - k * interval, counts[slot] * several);
    }
  }
  return all;
}

}  // namespace unrig::stats
