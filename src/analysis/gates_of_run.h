/// \file
/// What became of the gates that a run was asked to keep. Pure: records in, findings out.
#pragma once

#include <vector>

#include "record/gate.h"
#include "record/record.h"

namespace unrig::analysis {

/// Each gate of the manifest for each cell that it is of, in the order in which they were asked
/// for. Throughput and response times are those of the table, geometric means over the trials that
/// count, and ratios are paired by block. Failed requests are counted over all trials of the cell,
/// also those that do not count: a trial that failed must not hide its failures.
[[nodiscard]] std::vector<record::JudgedGate> judged_gates(const record::Run& run);

}  // namespace unrig::analysis
