/// \file
/// Conducts a run with the whole chain: from the first process to the last trial.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/request.h"
#include "experiment/experiment.h"
#include "host/host.h"
#include "record/record.h"
#include "report/progress.h"

namespace unrig::cli {

/// What was measured, whatever ended it.
struct Measured {
  record::Run run;
  bool interrupted = false;
  std::optional<Error> error;  ///< of the bench or the store, where one of them ended the run
};

/// Makes the environments, looks at the stacks, and measures the request or, where `stored` has
/// trials, the rest of it. Every trial is in the store when it has ended. `request` must outlive
/// the call. Error: of what comes before the first trial; nothing is measured then.
[[nodiscard]] Result<Measured> measure(const CommonOptions& common, const RunOptions& options,
                                       const Request& request,
                                       std::optional<record::Run> stored = {});

/// The manifest of a run that begins now, with all that the options and the machine say of it.
/// Scenario, baseline and cells are left to whoever knows them.
[[nodiscard]] record::Manifest new_manifest(const CommonOptions& common, const RunOptions& options,
                                            const host::Facts& facts, std::uint64_t seed,
                                            WallTime now);

/// What of a manifest may change when its run goes on: how long it waits, what counts, how many
/// fresh blocks there are.
void set_conduct(const RunOptions& options, record::Manifest& manifest);

/// The same as new_manifest() with scenario, baseline and cells of `request`.
[[nodiscard]] record::Manifest manifest_of(const Request& request, const CommonOptions& common,
                                           const RunOptions& options, const host::Facts& facts,
                                           std::uint64_t seed, WallTime now);

/// Conducts the plan on the bench: its trials are added to the run of `measured` and to the store,
/// and how it ended is written there. From now on an interrupt ends the run and not the program.
void conduct(const experiment::Plan& plan, plan::Bench& bench, record::Store& store,
             report::Progress& progress, Interrupt& interrupt, const Clock& clock,
             Measured& measured);

/// How to conduct it, or the rest of `stored`. The budget begins now.
[[nodiscard]] experiment::Plan new_plan(const RunOptions& options, const record::Manifest& manifest,
                                        const Clock& clock,
                                        const std::optional<record::Run>& stored = {});

}  // namespace unrig::cli
