/// \file
/// The measured bench: one trial on the real chain, from a freshly started application server to
/// the verdict. The only place that joins load and stack.
#pragma once

#include <unistd.h>

#include <optional>

#include "base/clock.h"
#include "chain/chain.h"
#include "chain/subject.h"
#include "host/endpoint.h"
#include "host/standing.h"
#include "load/load.h"
#include "plan/bench.h"
#include "trial/halts.h"

namespace unrig::trial {

/// The load of one trial of the cell at `front`, on this machine of so many cores: the stack's own
/// request, or that for a row, whose answers `check` judges; it must outlive the plan.
[[nodiscard]] load::Plan plan_for(const chain::Subject& cell, const plan::Phases& phases,
                                  const plan::Place& place, int cores, const host::Endpoint& front,
                                  const load::BodyCheck& check);

/// Start, warm-up, measurement, drain, stop, count. Children are started from the thread that calls
/// run(): call it from one thread only. `chain` and `clock` must outlive it.
class MeasuredBench final : public plan::Bench {
 public:
  MeasuredBench(chain::Chain& chain, chain::Subjects subjects, const Clock& clock, int cores,
                TimesResumed times_resumed = {})
      : chain_(chain),
        subjects_(std::move(subjects)),
        clock_(clock),
        cores_(cores),
        times_resumed_(std::move(times_resumed)) {}
  [[nodiscard]] Result<record::Trial> run(const record::Cell& cell, const plan::Phases& phases,
                                          const plan::Place& place, std::stop_token stop) override;
  /// Stops the whole chain; run() starts it.
  [[nodiscard]] Result<> mend() override;
  [[nodiscard]] record::Disturbance look(Duration length,
                                         const std::function<bool()>& stop) override;

 private:
  chain::Chain& chain_;
  chain::Subjects subjects_;
  const Clock& clock_;
  int cores_;
  TimesResumed times_resumed_;
  /// How unrig stood when the run began.
  std::optional<host::Standing> standing_ = host::standing_of(::getpid());
};

}  // namespace unrig::trial
