/// \file
/// Which trials a run counts. Pure.
#pragma once

#include "record/disturbance.h"
#include "record/record.h"

namespace unrig::record {

/// Whether the trial counts in a run: it is valid, or it was only disturbed and the run accepts
/// that, or so little of it.
[[nodiscard]] inline bool counts(const Manifest& manifest, const Trial& trial) {
  if (trial.verdict.valid) return true;
  return trial.verdict.disturbed &&
         (manifest.accept_noise || took_less(trial.disturbance, manifest.tolerated_loss));
}

}  // namespace unrig::record
