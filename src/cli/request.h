/// \file
/// What the words of the command line name, read and checked before anything starts.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/options.h"
#include "record/record.h"
#include "scenario/scenario.h"
#include "stack/spec.h"

namespace unrig::cli {

struct Request {
  std::filesystem::path data;
  std::vector<stack::StackSpec> specs;
  scenario::Scenario scenario;
  std::vector<record::Cell> cells;
  std::string baseline;  ///< label of one of them
};

/// Three blocks of so many take two hours, and all pairs of them some seconds to compare.
inline constexpr std::size_t most_cells = 200;

/// Every stack that there is: unrig's own and those of --stacks. Error: usage or environment.
[[nodiscard]] Result<std::vector<stack::StackSpec>> known_stacks(const CommonOptions& common);

/// Names to cells, labelled with their vintage where there are several and with what is varied;
/// with `noise_floor`, the baseline comes a second time at the end. `usable` cores decide on the
/// workers. Error: usage, with did-you-mean, or environment.
[[nodiscard]] Result<Request> read_request(const CommonOptions& common, const RunOptions& options,
                                           const std::vector<int>& usable);

/// The same for a run that is stored: its cells are the plan, and no scenario file is asked. The
/// hash of each stack is today's. Error: usage, also where a stack or a core is gone; environment.
[[nodiscard]] Result<Request> request_of(const record::Manifest& stored,
                                         const CommonOptions& common,
                                         const std::vector<int>& usable);

}  // namespace unrig::cli
