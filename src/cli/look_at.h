/// \file
/// What commands have in common that look at something and keep nothing: doctor and check.
#pragma once

#include <functional>
#include <stop_token>

#include "base/clock.h"
#include "base/result.h"
#include "campaign/intent.h"
#include "cli/options.h"
#include "process/process.h"

namespace unrig::cli {

/// Reads what is to be looked at, as a run with the same words would, starts the guard, and shows
/// the progress while `look` runs; the first signal stops it. Error: usage: no such stack, scenario
/// or setting; environment.
[[nodiscard]] Result<> look_at(
    const CommonOptions& common, const RunOptions& options,
    const std::function<void(const campaign::Intent& intent, process::Guard& guard,
                             const Clock& clock, const campaign::Tell& tell,
                             const std::stop_token& stop)>& look);

}  // namespace unrig::cli
