/// \file
/// HdrHistogram (Tene): counts of values with 3 significant digits from 1 ns to 1 h. Pure.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "base/units.h"

namespace unrig::stats {

/// Records durations of 0 ns to 1 h; larger ones count as 1 h, negative ones as 0. Relative error
/// of a value below 0.1 %. Merging loses nothing. The memory (264 KiB) is allocated once and never
/// grows. Not thread-safe: one per thread, merged at the end.
///
/// Layout, as in HdrHistogram with lowest value 1 and 3 digits: values below 2048 ns have a slot
/// each; above, each doubling of the value is divided into 1024 slots of equal width.
class Histogram {
 public:
  static constexpr Duration highest{std::chrono::hours(1)};
  static constexpr int digits = 3;
  static constexpr std::size_t sub_slot_bits = 11;  ///< the least with 2^bits >= 2 * 10^digits
  static constexpr std::size_t sub_slots = std::size_t{1} << sub_slot_bits;
  /// The first of all sub-slots, and one more for each doubling up to the highest value.
  static constexpr std::size_t buckets =
      1 + std::bit_width(static_cast<std::uint64_t>(highest.count()) >> sub_slot_bits);

  Histogram() : counts_(slot_count) {}

  void record(Duration value) { record(value, 1); }
  void record(Duration value, std::uint64_t count) {
    if (count == 0) return;
    const std::int64_t ns = std::clamp(value, Duration{0}, highest).count();
    counts_[slot_of(ns)] += count;
    total_ += count;
    min_ = std::min(min_, ns);
    max_ = std::max(max_, ns);
  }
  void merge(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const { return total_; }
  /// Exact, not the slot's; 0 when empty.
  [[nodiscard]] Duration min() const { return Duration{total_ == 0 ? 0 : min_}; }
  /// Exact, not the slot's; 0 when empty.
  [[nodiscard]] Duration max() const { return Duration{max_}; }
  /// Of slot middles; 0 when empty.
  [[nodiscard]] double mean_ns() const;
  /// Of slot middles, divided by the count; 0 when empty.
  [[nodiscard]] double standard_deviation_ns() const;
  /// Smallest recorded value such that at least the fraction `q` of all is not above it (its
  /// slot's upper end, at most max()). q in [0, 1]; q = 0 gives min(); 0 when empty.
  [[nodiscard]] Duration quantile(double q) const;
  /// \name Values above `limit`, but for those that share its slot
  /// @{
  [[nodiscard]] std::uint64_t count_above(Duration limit) const;
  [[nodiscard]] Duration sum_above(Duration limit) const;  ///< of slot middles
  /// @}

  /// \name Slots, for the file formats
  /// @{
  /// One count per slot; those beyond the highest value are 0.
  [[nodiscard]] std::span<const std::uint64_t> counts() const { return counts_; }
  /// `value_ns` in 0 … highest.
  [[nodiscard]] static constexpr std::size_t slot_of(std::int64_t value_ns) {
    const auto value = static_cast<std::uint64_t>(value_ns);
    const std::size_t doubling = std::bit_width(value | (sub_slots - 1)) - sub_slot_bits;
    return doubling * (sub_slots / 2) + (value >> doubling);
  }
  /// The lowest value of a slot.
  [[nodiscard]] static constexpr std::int64_t lowest_of(std::size_t slot) {
    const std::size_t half = sub_slots / 2;
    if (slot < sub_slots) return static_cast<std::int64_t>(slot);
    const std::size_t doubling = slot / half - 1;
    return static_cast<std::int64_t>(slot - doubling * half) << doubling;
  }
  /// The highest value of a slot.
  [[nodiscard]] static constexpr std::int64_t highest_of(std::size_t slot) {
    return lowest_of(slot + 1) - 1;
  }
  /// @}

 private:
  static constexpr std::size_t slot_count = (buckets + 1) * (sub_slots / 2);

  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0;
  std::int64_t min_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_ = 0;
};

}  // namespace unrig::stats
