#include "stats/histogram.h"

#include <cassert>
#include <cmath>

namespace unrig::stats {
namespace {

double middle_of(std::size_t slot) {
  const std::int64_t lowest = Histogram::lowest_of(slot);
  const std::int64_t half = (Histogram::lowest_of(slot + 1) - lowest) / 2;
  return static_cast<double>(lowest + half);
}

/// The rank (1 … total) of the value that quantile `q` asks for. A product that only rounding
/// lifted above a whole number (0.07 * 100) must not move on to the next value.
std::uint64_t rank_of(double q, std::uint64_t total) {
  const double product = q * static_cast<double>(total);
  const double nearest = std::round(product);
  const double slack = 4 * std::numeric_limits<double>::epsilon() * product;
  const double rank = std::abs(product - nearest) <= slack ? nearest : std::ceil(product);
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rank), 1, total);
}

}  // namespace

void Histogram::merge(const Histogram& other) {
  if (other.total_ == 0) return;
  // What lies outside is empty, and most of the slots do.
  const std::size_t last = slot_of(other.max_);
  for (std::size_t slot = slot_of(other.min_); slot <= last; ++slot) {
    counts_[slot] += other.counts_[slot];
  }
  total_ += other.total_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

double Histogram::mean_ns() const {
  if (total_ == 0) return 0;
  double sum = 0;
  for (std::size_t slot = slot_of(min_); slot <= slot_of(max_); ++slot) {
    sum += static_cast<double>(counts_[slot]) * middle_of(slot);
  }
  return sum / static_cast<double>(total_);
}

double Histogram::standard_deviation_ns() const {
  if (total_ == 0) return 0;
  const double mean = mean_ns();
  double sum = 0;
  for (std::size_t slot = slot_of(min_); slot <= slot_of(max_); ++slot) {
    const double distance = middle_of(slot) - mean;
    sum += static_cast<double>(counts_[slot]) * distance * distance;
  }
  return std::sqrt(sum / static_cast<double>(total_));
}

std::uint64_t Histogram::count_above(Duration limit) const {
  std::uint64_t count = 0;
  if (limit >= max()) return 0;
  for (std::size_t slot = slot_of(limit.count()) + 1; slot <= slot_of(max_); ++slot) {
    count += counts_[slot];
  }
  return count;
}

Duration Histogram::sum_above(Duration limit) const {
  double sum = 0;
  if (limit >= max()) return Duration{0};
  for (std::size_t slot = slot_of(limit.count()) + 1; slot <= slot_of(max_); ++slot) {
    sum += static_cast<double>(counts_[slot]) * middle_of(slot);
  }
  return Duration{static_cast<std::int64_t>(sum)};
}

Duration Histogram::quantile(double q) const {
  assert(q >= 0 && q <= 1);
  if (total_ == 0 || q <= 0) return min();
  const std::uint64_t rank = rank_of(q, total_);
  std::uint64_t seen = 0;
  std::size_t slot = slot_of(min_);
  for (; slot < slot_of(max_); ++slot) {
    seen += counts_[slot];
    if (seen >= rank) break;
  }
  return Duration{std::min(highest_of(slot), max_)};
}

}  // namespace unrig::stats
