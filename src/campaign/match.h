/// \file
/// The machine on which a stack serves a given rate: how much CPU time the chain has to be given.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"
#include "campaign/site.h"
#include "campaign/task.h"
#include "experiment/experiment.h"
#include "record/record.h"
#include "record/store.h"
#include "scenario/scenario.h"
#include "stats/interval.h"

namespace unrig::campaign {

/// What a chain is given at least.
inline constexpr double least_cpus = 0.1;

/// What is to be matched.
struct Target {
  std::string stack;  ///< NAME or NAME@VINTAGE
  Rate rate;
  bool operator==(const Target&) const = default;
};
/// Reads "STACK=RATE", as "falcon-meinheld=1046/s". Error: usage.
[[nodiscard]] Result<Target> target_from(std::string_view text);

/// Narrows down the CPU time at which a rate is served, one trial at a time. The first trials have
/// all there is. A step has three trials, fewer where one tells already on which side it lies; it
/// is the answer where their interval holds the rate and their mean is close to it. Pure.
class Bisection {
 public:
  /// Between `least` and `most` CPUs.
  Bisection(double rate, double least, double most);

  /// The CPU time of the next trial; nothing: the answer is known, or that there is none.
  [[nodiscard]] std::optional<double> next() const;
  /// What the trial at next() served.
  void add(double rate);

  struct Step {
    double cpus = 0;
    std::vector<double> rates = {};
    [[nodiscard]] stats::Estimate served() const;
  };
  /// The answer, or what comes closest to it so far. There has to be a trial.
  [[nodiscard]] const Step& closest() const;
  /// Whether all the CPU time there is does not serve the rate, by the interval of three trials.
  [[nodiscard]] bool is_too_slow() const { return too_slow_; }

 private:
  void judge();

  double rate_, least_, most_;
  std::vector<Step> steps_;
  std::optional<double> next_;
  bool too_slow_ = false;
};

/// The task of the trials, all of which are of `cell`. `scenario`: in which it runs. `how`: who
/// asks, what counts.
[[nodiscard]] Task match_task(const record::Cell& cell, const scenario::Scenario& scenario,
                              Task how);

/// Looks for the CPU time, 90 s at most after the first trial begins; the trials are a run of their
/// own in the store. Told to the watcher in one line. Error: environment: the whole machine is too
/// slow, or others disturbed it all the time; of the site or the store; interrupted.
[[nodiscard]] Result<record::Matched> match(const Task& task, const Target& target,
                                            double most_cpus, Site& site, record::Store& store,
                                            experiment::Watcher& watcher,
                                            const experiment::Stop& stop, const Clock& clock);

}  // namespace unrig::campaign
