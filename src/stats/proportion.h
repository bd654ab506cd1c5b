/// \file
/// A share of things, such as failed requests among all, and how sure it is. Pure.
#pragma once

#include <cstdint>
#include <span>

#include "stats/interval.h"

namespace unrig::stats {

/// `hits` of `all` in one trial, or one stretch of it; hits <= all.
struct Part {
  std::uint64_t hits = 0;
  std::uint64_t all = 0;
};

/// Hits among all, over all parts; NaN of nothing. The interval is Student's over the shares of the
/// parts, because hits come in bursts, and reaches as far at least as chance does where they do not
/// (Clopper and Pearson 1934, of the sums): no hit among 1,000 is up to 0.37 %. It stays within
/// [0, 1]. None below interval_values_min parts that have anything.
[[nodiscard]] Estimate share_interval(std::span<const Part> parts, double confidence = 0.95);

}  // namespace unrig::stats
