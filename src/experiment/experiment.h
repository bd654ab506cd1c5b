/// \file
/// Drives a bench through the blocks of a run and keeps every trial in the store as it ends.
#pragma once

#include <atomic>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "experiment/schedule.h"
#include "plan/bench.h"
#include "record/record.h"
#include "record/store.h"

namespace unrig::experiment {

/// How a run is conducted.
struct Conduct {
  Rule rule;
  plan::Phases phases;
  std::optional<Instant> deadline;  ///< no trial begins after it
  Duration patience{0};             ///< waited at most, in all, for a quiet machine
};

/// How a run is told to end early. Set from another thread.
struct Stop {
  std::atomic<bool> finish{false};  ///< end after the running trial
  std::stop_source now;             ///< end at once, without it
};

/// Told what happens, in the thread that conducts the run. Must not block.
class Watcher {
 public:
  virtual ~Watcher() = default;
  /// The run is about to be prepared, or to go on; what is found on the way is still missing.
  virtual void run_begins(const record::Manifest& manifest) { static_cast<void>(manifest); }
  /// Any news before the first trial: a database that is made, a claim that does not hold.
  virtual void say(const std::string& line) { static_cast<void>(line); }
  /// What goes on now and matters no more when it is over.
  virtual void passing(const std::string& line) { static_cast<void>(line); }
  /// Work of several parts, told again and again: `what` ("environments") and how many at once,
  /// each part as it ends, and `now`, what is under way.
  virtual void work(std::string_view /*what*/, std::size_t /*done*/, std::size_t /*of*/,
                    const std::string& /*now*/) {}
  /// `length`: of its warm-up and window.
  virtual void trial_begins(const record::Cell& cell, const plan::Place& place,
                            Duration length) = 0;
  virtual void trial_ended(const record::Cell& cell, const record::Trial& trial) = 0;
  /// The cell takes no part in the rest of the run.
  virtual void cell_failed(const record::Cell& cell, const Error& error) = 0;
  /// Something went wrong that the run survives.
  virtual void mended(const std::string& what) { static_cast<void>(what); }
  /// Every trial of the block was disturbed: the run waits for a quiet machine, `left` at most.
  virtual void wait_begins(const record::Run& run, int block, Duration left) = 0;
  /// Every few seconds of it: what others do now.
  virtual void waits(const record::Disturbance& now, Duration left) = 0;
  /// The run goes on, on a quiet machine or because its patience is at an end.
  virtual void wait_ended(bool quiet, Duration waited) = 0;
};

struct Ending {
  bool interrupted = false;
  bool out_of_time = false;  ///< the deadline came before the rule was met
  /// What the store did not take, though it was tried again and again.
  std::optional<Error> unsaved = {};
};

/// How long one look at a machine that is not quiet takes.
inline constexpr Duration look_length = std::chrono::seconds(3);

/// Conducts a run, or the rest of it where `run` has trials already. `run` has the manifest with
/// its cells; trials are added to it and to the store as they end, failures are written to its
/// cells. A bench that fails is mended and asked once more; a store that fails is tried again after
/// each trial and at the end. After a block in which everything was disturbed it waits until a look
/// at the machine finds it quiet, as long as there is patience left. Error: of a bench that failed
/// twice; `run` keeps what was measured, and the store is given it all the same.
[[nodiscard]] Result<Ending> conduct(const Conduct& how, plan::Bench& bench, record::Run& run,
                                     record::Store& store, Watcher& watcher, Stop& stop,
                                     const Clock& clock);

}  // namespace unrig::experiment
