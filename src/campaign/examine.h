/// \file
/// Examines the machine that something would be measured on: reads its facts, looks for programs,
/// and measures for some seconds what no file tells. What it means is analysis/machine.h's.
#pragma once

#include <stop_token>

#include "base/clock.h"
#include "campaign/intent.h"
#include "process/process.h"
#include "record/examination.h"

namespace unrig::campaign {

/// The chain is tried with the first cell. Makes nothing but what a run would, and that only where
/// a run has made the environment of the cell before: else the chain is not tried. Some 15 s;
/// `stop` ends a load early. Children are started from the calling thread.
[[nodiscard]] record::Examination examine(const Intent& intent, process::Guard& guard,
                                          const Clock& clock, const Tell& tell,
                                          const std::stop_token& stop);

}  // namespace unrig::campaign
