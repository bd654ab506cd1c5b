/// \file
/// Ctrl-C: once ends the run after the running trial, twice at once; a load it ends at once. And
/// that the program was stopped is told on.
#pragma once

#include <signal.h>

#include <atomic>
#include <cstdint>
#include <string_view>
#include <thread>

#include "experiment/experiment.h"
#include "process/process.h"

namespace unrig::cli {

/// Blocks SIGINT, SIGTERM, SIGHUP and SIGCONT in the calling thread and in those that it starts,
/// and takes them in a thread of its own; SIGHUP not where it is ignored, as under nohup. Make one,
/// before any other thread, after the process guard.
class Interrupt {
 public:
  /// What the first SIGINT does; every other signal stops at once.
  enum class First { finishes_trial, stops };

  /// `guard`, where there is one, must outlive this: through it everything that was started ends
  /// when the program cannot wait for it.
  explicit Interrupt(First first = First::finishes_trial, process::Guard* guard = nullptr);
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  /// Until measuring() the first signal already ends the program: there is nothing to keep yet.
  void measuring() { measuring_ = true; }
  [[nodiscard]] experiment::Stop& stop() { return stop_; }
  /// How often the program has gone on after it was stopped (SIGSTOP, Ctrl-Z). From any thread.
  [[nodiscard]] std::uint64_t times_resumed() const { return times_resumed_; }

 private:
  void take();
  void taken(int number);
  void still_stopping();
  /// Ends all that was started, and the program.
  [[noreturn]] void leave(std::string_view why);

  const First first_;
  process::Guard* guard_;
  experiment::Stop stop_;
  std::atomic<bool> measuring_{false};
  std::atomic<bool> over_{false};
  std::atomic<std::uint64_t> times_resumed_{0};
  int turns_ = 0;  ///< since the stop
  sigset_t signals_;
  sigset_t before_;
  std::thread thread_;
};

}  // namespace unrig::cli
