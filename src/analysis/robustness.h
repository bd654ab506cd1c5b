/// \file
/// Whether the answer of a run would stand without any one of its blocks. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/summary.h"
#include "record/record.h"
#include "stats/interval.h"

namespace unrig::analysis {

/// What an interval says of the first over the second.
enum class Lead { behind, not_sure, ahead };

/// The answer without one block.
struct WithoutBlock {
  int block = 0;  ///< that is left out
  stats::Estimate ratio;
  bool same = false;  ///< says the same as all blocks together
};

/// The first two of the table, over the blocks that the headline comes from.
struct Robustness {
  std::string first, second;
  bool fresh = false;  ///< the blocks are those that confirm
  stats::Estimate ratio;
  Lead lead = Lead::not_sure;
  std::vector<WithoutBlock> without;
  bool stands = false;  ///< whichever block is left out
  std::string sentence;
};

/// Not set where fewer than two rows are ranked, or the two have no common block. With fewer than
/// four of them no interval is left without one: then `without` is empty, and nothing stands.
/// `summary` is that of the run.
[[nodiscard]] std::optional<Robustness> robustness_of(const record::Run& run,
                                                      const Summary& summary);

}  // namespace unrig::analysis
