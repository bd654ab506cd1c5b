/// \file
/// `unrig run --resume RUN`: the plan of a stored run, and whether it may go on here.
#pragma once

#include "base/result.h"
#include "cli/options.h"
#include "record/record.h"

namespace unrig::cli {

/// The options that make the stored run's plan again; `given` keeps what does not belong to it.
[[nodiscard]] RunOptions options_of(const record::Manifest& stored, RunOptions given);

/// Error: usage, naming the first of stack, lock, setting or host in which the two differ: their
/// trials would not be of the same thing.
[[nodiscard]] Result<> check_same_ground(const record::Manifest& stored,
                                         const record::Manifest& now);

}  // namespace unrig::cli
