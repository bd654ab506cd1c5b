/// \file
/// What the words of the command line name, read and checked before anything starts.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "base/result.h"
#include "campaign/request.h"
#include "campaign/search.h"
#include "cli/options.h"
#include "record/record.h"
#include "scenario/scenario.h"
#include "stack/spec.h"

namespace unrig::cli {

/// A campaign of stacks, and what the names in its cells mean.
struct Named {
  std::filesystem::path data;
  std::vector<stack::StackSpec> specs;
  scenario::Scenario scenario;
  campaign::Request request;
  /// Numbers of workers that are to be found first: until use(), the rule of thumb stands in.
  std::vector<campaign::Sought> sought = {};
};

/// Every stack that there is: unrig's own and those of --stacks. Error: usage or environment.
[[nodiscard]] Result<std::vector<stack::StackSpec>> known_stacks(const CommonOptions& common);

/// How to measure, whatever it is: all that the options alone tell.
[[nodiscard]] campaign::Request how_to_measure(const CommonOptions& common,
                                               const RunOptions& options);

/// Names to cells, in the scenario of the options. Error: usage, with did-you-mean, or environment.
[[nodiscard]] Result<Named> read_request(const CommonOptions& common, const RunOptions& options,
                                         std::span<const int> usable);

/// The scenario in which the numbers are to be found: that of `workers.tuned_in`, or the one that
/// the options name, as its file has it: what is set beside it changes a benchmark and keeps its
/// workers, as the article did. On the run's own machine. Error: usage: there is no such scenario.
[[nodiscard]] Result<scenario::Scenario> searched_in(const Named& named, const RunOptions& options);

/// Makes the request one with the numbers that were found, in the order of `named.sought`. Error:
/// usage, where they fit nothing else.
[[nodiscard]] Result<> use(const std::vector<record::Tuned>& found, const RunOptions& options,
                           std::span<const int> usable, Named& named);

/// The same for a run that is stored: no scenario file is asked. The hash of each stack is today's.
/// Error: usage, also where a stack or a core is gone; environment.
[[nodiscard]] Result<Named> read_stored(const record::Manifest& stored, const CommonOptions& common,
                                        const RunOptions& options, std::span<const int> usable);

/// With the stored run's folders of more stacks, and those that are given as well.
[[nodiscard]] CommonOptions places_of(const record::Manifest& stored, CommonOptions given);

}  // namespace unrig::cli
