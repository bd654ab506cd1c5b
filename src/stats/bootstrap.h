/// \file
/// Bootstrap intervals for figures that no formula serves. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "base/random.h"
#include "stats/interval.h"

namespace unrig::stats {

/// A figure computed from blocks, each named by its index; an index may come up several times or
/// not at all.
using BlockStatistic = std::function<double(std::span<const std::size_t> blocks)>;

struct BootstrapRule {
  double confidence = 0.95;
  std::size_t resamples = 10'000;  ///< at least 1,000 for a 95 % interval
  std::size_t blocks_min = 10;     ///< fewer blocks get no interval: it would cover too little
};

/// The bias-corrected and accelerated interval (Efron 1987) of `statistic` over the blocks
/// 0 … blocks-1, resampled whole. No interval when a resample has no finite value, and NaN of no
/// blocks.
[[nodiscard]] Estimate bca_interval(std::size_t blocks, const BlockStatistic& statistic,
                                    RandomStream& random, const BootstrapRule& rule = {});

}  // namespace unrig::stats
