/// \file
/// `unrig run --plan`: what would happen, without any of it.
#pragma once

#include <optional>

#include "base/result.h"
#include "campaign/request.h"
#include "cli/options.h"
#include "record/record.h"

namespace unrig::cli {

/// Prints the plan of `request` or, where `stored` has trials, of the rest of it. Starts nothing
/// and writes nothing but --json. Error: environment, when the store cannot be read.
[[nodiscard]] Result<int> print_plan(const CommonOptions& common, const campaign::Request& request,
                                     const std::optional<record::Run>& stored);

}  // namespace unrig::cli
