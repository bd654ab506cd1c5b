/// \file
/// Ctrl-C: once ends the run after the running trial, twice at once; a load it ends at once.
#pragma once

#include <signal.h>

#include <atomic>
#include <thread>

#include "experiment/experiment.h"

namespace unrig::cli {

/// Blocks SIGINT, SIGTERM and SIGHUP in the calling thread and in those that it starts, and takes
/// them in a thread of its own. Make one, before any other thread, after the process guard.
class Interrupt {
 public:
  /// What the first SIGINT does; every other signal stops at once.
  enum class First { finishes_trial, stops };

  explicit Interrupt(First first = First::finishes_trial);
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  /// Until measuring() the first signal already ends the program: there is nothing to keep yet,
  /// and the guard ends what was started.
  void measuring() { measuring_ = true; }
  [[nodiscard]] experiment::Stop& stop() { return stop_; }

 private:
  void take();

  const First first_;
  experiment::Stop stop_;
  std::atomic<bool> measuring_{false};
  std::atomic<bool> over_{false};
  sigset_t signals_;
  sigset_t before_;
  std::thread thread_;
};

}  // namespace unrig::cli
