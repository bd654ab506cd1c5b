/// \file
/// Which trials a run counts, and of which cells. Pure.
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

/// Whether the cell is what it claims to be, as far as the run asks for proof: nothing that it
/// claims was seen to be false, and what nobody could check the run accepts.
[[nodiscard]] inline bool is_as_claimed(const Manifest& manifest, const Cell& cell) {
  return cell.false_claims().empty() &&
         (manifest.accept_unproven || cell.unproven_claims().empty());
}

}  // namespace unrig::record
