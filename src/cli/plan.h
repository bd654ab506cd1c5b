/// \file
/// `unrig run --plan`: what would happen, without any of it.
#pragma once

#include <optional>
#include <span>

#include "base/result.h"
#include "campaign/request.h"
#include "campaign/search.h"
#include "cli/options.h"
#include "record/record.h"

namespace unrig::cli {

/// Prints the plan of `request` or, where `stored` has trials, of the rest of it; `sought`: numbers
/// of workers that are looked for before, which is not done here. Starts nothing
/// and writes nothing but --json. Error: environment, when the store cannot be read.
[[nodiscard]] Result<int> print_plan(const CommonOptions& common, const campaign::Request& request,
                                     std::span<const campaign::Sought> sought,
                                     const std::optional<record::Run>& stored);

}  // namespace unrig::cli
