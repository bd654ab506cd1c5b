/// \file
/// Small histograms, for many of them: one for each second of a load. Pure.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/units.h"

namespace unrig::stats {

/// Counts by slot, only of slots that have any, in ascending order. Each doubling of a time has 32
/// slots: a quantile is right to 2 %.
class CoarseCounts {
 public:
  [[nodiscard]] std::uint64_t count() const;
  /// As Histogram::quantile, but the middle of the slot; 0 when empty.
  [[nodiscard]] Duration quantile(double q) const;
  void merge(const CoarseCounts& other);

 private:
  friend class CoarseHistogram;
  std::vector<std::pair<std::uint16_t, std::uint32_t>> slots_;
};

/// Collects them: 5 KiB, allocated once.
class CoarseHistogram {
 public:
  CoarseHistogram() : counts_(slot_count) {}
  void record(Duration value) { ++counts_[slot_of(value)]; }
  /// What was recorded since the last take.
  [[nodiscard]] CoarseCounts take();

  static constexpr unsigned bits = 5;
  static constexpr std::size_t slot_count = 38 << bits;  ///< up to an hour
  [[nodiscard]] static std::size_t slot_of(Duration value) {
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(0, value.count()));
    if (ns < (1u << bits)) return ns;
    const unsigned doubling = static_cast<unsigned>(std::bit_width(ns)) - bits - 1;
    return std::min<std::size_t>(slot_count - 1, (doubling << bits) + (ns >> doubling));
  }
  /// In nanoseconds.
  [[nodiscard]] static std::uint64_t lowest_of(std::size_t slot);

 private:
  std::vector<std::uint32_t> counts_;
};

}  // namespace unrig::stats
