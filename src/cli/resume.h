/// \file
/// `unrig run --resume RUN`: how a stored run goes on, and whether it may go on here.
#pragma once

#include "base/result.h"
#include "cli/options.h"
#include "record/record.h"

namespace unrig::cli {

/// How the stored run is measured; `given` keeps what does not belong to it. What is measured, the
/// run itself has (request_of).
[[nodiscard]] RunOptions options_of(const record::Manifest& stored, RunOptions given);

/// The same for folders of more stacks: those of the run, and those that are given as well.
[[nodiscard]] CommonOptions places_of(const record::Manifest& stored, CommonOptions given);

/// Error: usage, where the stored run has no plan that could go on: one of URLs.
[[nodiscard]] Result<> check_resumable(const record::Manifest& stored);

/// Error: usage, naming everything of stacks, locks, programs and host in which the two differ:
/// their trials would not be of the same thing.
[[nodiscard]] Result<> check_same_ground(const record::Manifest& stored,
                                         const record::Manifest& now);

}  // namespace unrig::cli
