/// \file
/// Where a campaign measures: a bench, and what has to be done there before its first trial.
#pragma once

#include <stop_token>

#include "base/result.h"
#include "experiment/experiment.h"
#include "plan/bench.h"
#include "record/record.h"

namespace unrig::campaign {

/// Called from one thread, in the order in which the functions stand here. A cell that cannot be
/// measured gets its failure, and the others go on; an error ends the run before it has begun. The
/// watcher must outlive the site.
class Site {
 public:
  virtual ~Site() = default;
  /// Makes ready what the cells name. Versions, locks, notes and failures are written to the
  /// manifest. Also before a stored run goes on: what it was then is held against this.
  [[nodiscard]] virtual Result<> prepare(record::Manifest& manifest, experiment::Watcher& watcher,
                                         const std::stop_token& stop) = 0;
  /// Looks at the cells of a new run, before anything is measured: claims and audit.
  [[nodiscard]] virtual Result<> inspect(record::Manifest&, experiment::Watcher&) { return {}; }
  /// Makes ready what the perturbations of a prepared run take; what this machine or the stack does
  /// not allow gets its reason. Error: environment: nor can the cells be measured any more.
  [[nodiscard]] virtual Result<> admit(record::Manifest&) { return {}; }
  /// Once everything is prepared.
  [[nodiscard]] virtual plan::Bench& bench() = 0;
};

}  // namespace unrig::campaign
