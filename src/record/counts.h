/// \file
/// Which trials a run counts. Pure.
#pragma once

#include "record/record.h"

namespace unrig::record {

/// Whether the trial counts in a run: it is valid, or it was only disturbed and the run accepts
/// that.
[[nodiscard]] inline bool counts(const Manifest& manifest, const Trial& trial) {
  return trial.verdict.valid || (manifest.accept_noise && trial.verdict.disturbed);
}

}  // namespace unrig::record
