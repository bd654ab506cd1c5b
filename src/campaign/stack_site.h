/// \file
/// The site of stacks: the whole chain on this machine.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "campaign/site.h"
#include "chain/chain.h"
#include "chain/subject.h"
#include "process/process.h"
#include "runtime/runtime.h"
#include "scenario/scenario.h"
#include "stack/spec.h"
#include "trial/measured.h"

namespace unrig::campaign {

/// Environments, claims and trials of stacks. Nothing is started before prepare().
class StackSite final : public Site {
 public:
  /// `specs`, `guard` and `clock` must outlive it. `places`: home is absolute. `scenario`: that of
  /// the run.
  StackSite(runtime::Places places, const std::vector<stack::StackSpec>& specs,
            scenario::Scenario scenario, process::Guard& guard, const Clock& clock,
            trial::TimesResumed times_resumed)
      : places_(std::move(places)),
        subjects_(specs, std::move(scenario)),
        guard_(guard),
        clock_(clock),
        times_resumed_(std::move(times_resumed)) {}

  /// Starts what serves the application, and makes the environments. Those that cannot be made take
  /// their stacks out of the run. Error: environment; usage, where a vintage or its lock is not as
  /// it should be.
  [[nodiscard]] Result<> prepare(record::Manifest& manifest, experiment::Watcher& watcher,
                                 const std::stop_token& stop) override;
  /// Whether each stack is what it claims to be, and what it does for one request. One look serves
  /// all cells that are alike (plan::first_alike).
  [[nodiscard]] Result<> inspect(record::Manifest& manifest, experiment::Watcher& watcher) override;
  [[nodiscard]] Result<> admit(record::Manifest& manifest) override;
  [[nodiscard]] plan::Bench& bench() override { return *bench_; }

 private:
  runtime::Places places_;
  chain::Subjects subjects_;
  process::Guard& guard_;
  const Clock& clock_;
  trial::TimesResumed times_resumed_;
  std::optional<chain::Chain> chain_;
  std::optional<trial::MeasuredBench> bench_;
};

}  // namespace unrig::campaign
