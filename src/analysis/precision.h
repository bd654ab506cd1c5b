/// \file
/// What it would take to decide what a run left open. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "record/record.h"

namespace unrig::analysis {

/// How many blocks in all would probably decide between two cells, if further ones are like these:
/// their interval at `confidence` leaves out 1, or lies within the margin. Not set: not as many as
/// `most`, or fewer than three blocks to judge by. The number of blocks there are where these
/// decide it.
[[nodiscard]] std::optional<std::size_t> blocks_to_decide(std::span<const double> log_differences,
                                                          double margin, std::size_t most,
                                                          double confidence);

/// What to type where the fresh blocks of a run leave open which of the fastest two is faster; ""
/// where they decide it, or where there are none.
[[nodiscard]] std::string what_it_takes(const record::Run& run,
                                        std::span<const double> fresh_log_differences);

/// What to type where `open`, cells that were not measured in fresh blocks beside `first`, may be
/// the fastest as well: how many planned blocks would leave them behind it. `ranked` cells share
/// the ranks. "" where none is open, or with fewer than three blocks.
[[nodiscard]] std::string what_the_others_take(const record::Run& run, const std::string& first,
                                               std::span<const std::string> open,
                                               std::size_t ranked);

}  // namespace unrig::analysis
