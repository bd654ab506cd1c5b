/// \file
/// Conducts a campaign at the terminal: store, progress, Ctrl-C.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "campaign/campaign.h"
#include "cli/options.h"
#include "cli/task.h"
#include "process/process.h"
#include "record/record.h"

namespace unrig::cli {

/// Finds the numbers of workers that `named` still needs, and makes it a task with them; see
/// campaign/search.h. Error: of a search; interrupted.
[[nodiscard]] Result<> find_workers(const CommonOptions& common, const RunOptions& options,
                                    std::span<const int> usable, process::Guard& guard,
                                    Named& named);

/// Looks for the CPU time of --match, where that is asked for, and makes `named` a task with it;
/// see campaign/match.h. After find_workers(). Error: of the search; interrupted.
[[nodiscard]] Result<> match_machine(const CommonOptions& common, const RunOptions& options,
                                     std::span<const int> usable, process::Guard& guard,
                                     Named& named);

/// Measures stacks through the whole chain or, where `stored` has trials, the rest of it. `named`
/// must outlive the call. Error: of what comes before the first trial; nothing is measured then.
[[nodiscard]] Result<campaign::Measured> measure(const CommonOptions& common, const Named& named,
                                                 process::Guard& guard,
                                                 std::optional<record::Run> stored = {});

/// Compares two URLs that somebody else serves: slices of load against both, in random order, block
/// by block. The cells are labelled by their URLs; the second is the baseline. Error: as above:
/// usage, or measurement where one of them gives no right answer.
[[nodiscard]] Result<campaign::Measured> measure_urls(const CommonOptions& common,
                                                      const RunOptions& options,
                                                      const LoadOptions& load, const std::string& a,
                                                      const std::string& b);

}  // namespace unrig::cli
