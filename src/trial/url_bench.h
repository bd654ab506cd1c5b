/// \file
/// The bench for URLs that somebody else runs: a trial is one slice of load against one of them.
/// Nothing is started or stopped there.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "load/load.h"
#include "plan/bench.h"
#include "trial/halts.h"

namespace unrig::trial {

/// One URL and the load to put on it.
struct UrlTarget {
  std::string url;
  load::Plan plan;  ///< warm-up, duration and seed come with each slice
};

/// Asks once for a right answer. Where nothing is expected of its body, that one becomes the body
/// that every slice must get, and is asked for a second time. Error: measurement, with the class of
/// the failure where there is no right answer, or when the second differs from the first;
/// interrupted; or of load::run().
[[nodiscard]] Result<> learn_answer(UrlTarget& target, const Clock& clock,
                                    const std::stop_token& stop);

/// Judged from outside: the answers, the load generator and what the hypervisor took. What bounded
/// the server is not known here. A cell is one of the targets, by the URL that is its stack.
/// `clock` must outlive it. Call run() from one thread.
class UrlBench final : public plan::Bench {
 public:
  UrlBench(std::vector<UrlTarget> targets, const Clock& clock, int cores,
           TimesResumed times_resumed = {})
      : targets_(std::move(targets)),
        clock_(clock),
        cores_(cores),
        times_resumed_(std::move(times_resumed)) {}
  [[nodiscard]] Result<record::Trial> run(const record::Cell& cell, const plan::Phases& phases,
                                          const plan::Place& place, std::stop_token stop) override;
  [[nodiscard]] record::Disturbance look(Duration length,
                                         const std::function<bool()>& stop) override;

 private:
  std::vector<UrlTarget> targets_;
  const Clock& clock_;
  int cores_;
  TimesResumed times_resumed_;
};

}  // namespace unrig::trial
