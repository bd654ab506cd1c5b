/// \file
/// What the words of the command line name, read and checked before anything starts.
#pragma once

#include <filesystem>
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
  std::size_t baseline = 0;
};

/// Every stack that there is: unrig's own and those of --stacks. Error: usage or environment.
[[nodiscard]] Result<std::vector<stack::StackSpec>> known_stacks(const CommonOptions& common);

/// Names to cells, labelled with their vintage where there are several; with `noise_floor`, the
/// baseline comes a second time at the end. `usable` cores decide on the
/// workers. Error: usage, with did-you-mean, or environment.
[[nodiscard]] Result<Request> read_request(const CommonOptions& common, const RunOptions& options,
                                           const std::vector<int>& usable);

}  // namespace unrig::cli
