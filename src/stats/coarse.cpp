#include "stats/coarse.h"

#include <cmath>

namespace unrig::stats {

std::uint64_t CoarseCounts::count() const {
  std::uint64_t count = 0;
  for (const auto& [slot, times] : slots_) count += times;
  return count;
}

Duration CoarseCounts::quantile(double q) const {
  if (slots_.empty()) return Duration{0};
  constexpr double rounding = 1e-9;
  const double rank = q * static_cast<double>(count()) * (1 - rounding);
  double seen = 0;
  for (const auto& [slot, times] : slots_) {
    seen += times;
    if (seen < rank) continue;
    const std::uint64_t low = CoarseHistogram::lowest_of(slot);
    return Duration{static_cast<std::int64_t>((low + CoarseHistogram::lowest_of(slot + 1)) / 2)};
  }
  return Duration{static_cast<std::int64_t>(CoarseHistogram::lowest_of(slots_.back().first))};
}

void CoarseCounts::merge(const CoarseCounts& other) {
  std::vector<std::pair<std::uint16_t, std::uint32_t>> both;
  both.reserve(slots_.size() + other.slots_.size());
  std::ranges::merge(slots_, other.slots_, std::back_inserter(both));
  slots_.clear();
  for (const auto& [slot, times] : both) {
    if (slots_.empty() || slots_.back().first != slot) {
      slots_.emplace_back(slot, times);
    } else {
      slots_.back().second += times;
    }
  }
}

CoarseCounts CoarseHistogram::take() {
  CoarseCounts taken;
  for (std::size_t slot = 0; slot < slot_count; ++slot) {
    if (counts_[slot] == 0) continue;
    taken.slots_.emplace_back(static_cast<std::uint16_t>(slot), counts_[slot]);
    counts_[slot] = 0;
  }
  return taken;
}

std::uint64_t CoarseHistogram::lowest_of(std::size_t slot) {
  constexpr std::size_t per_doubling = 1 << bits;
  if (slot < per_doubling) return slot;
  const std::size_t doubling = slot / per_doubling - 1;
  return (per_doubling + slot % per_doubling) << doubling;
}

}  // namespace unrig::stats
