/// \file
/// Earlier runs of the store, held against a run that is printed.
#pragma once

#include "analysis/comparison.h"
#include "analysis/summary.h"
#include "cli/options.h"
#include "record/record.h"

namespace unrig::cli {

/// What earlier runs of the same cells found. The figures stand by themselves: where the store
/// cannot be read nothing is added.
void add_earlier(const CommonOptions& common, const record::Run& run, analysis::Summary& summary);
void add_earlier(const CommonOptions& common, const record::Run& run,
                 analysis::Comparison& comparison);

}  // namespace unrig::cli
