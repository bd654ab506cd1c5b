/// \file
/// The histograms that the store has of a run, merged by cell.
#pragma once

#include "base/result.h"
#include "record/record.h"
#include "record/store.h"
#include "report/exports.h"

namespace unrig::cli {

/// Of the trials that the rows of the table are made of. Error: as of the store; usage, where a
/// histogram is damaged.
[[nodiscard]] Result<report::TimesByLabel> times_of(const record::Store& store,
                                                    const record::Run& run);

}  // namespace unrig::cli
