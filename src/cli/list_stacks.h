/// \file
/// `unrig list stacks`: what there is, in which versions, and whether it can run here.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "cli/listing.h"
#include "cli/options.h"

namespace unrig::cli {

/// One row for each stack in each of its vintages. A stack that cannot run is listed below with
/// what is missing and the command that gets it. `data` holds the vintages. Starts the interpreters
/// that it finds, to ask for their versions; makes nothing. Error: usage or environment.
[[nodiscard]] Result<Listing> list_stacks(const CommonOptions& common, const ListOptions& options,
                                          const std::filesystem::path& data);

}  // namespace unrig::cli
