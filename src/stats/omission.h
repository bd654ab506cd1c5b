/// \file
/// What a closed loop did not ask while it waited. Pure.
#pragma once

#include "stats/histogram.h"

namespace unrig::stats {

/// The times with those added that requests would have had which were kept from being asked: a
/// client that usually asks once in `interval` and waits for v would have asked after interval, 2
/// interval, … and waited for v - interval, v - 2 interval, … (Tene's correction for coordinated
/// omission, as in HdrHistogram and wrk 4). A guess: it takes clients to ask evenly.
[[nodiscard]] Histogram with_omitted(const Histogram& times, Duration interval);

}  // namespace unrig::stats
