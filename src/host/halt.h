/// \file
/// Stops some processes of a server, so that the others have to do its work.
#pragma once

#include <sys/types.h>

#include <vector>

#include "base/clock.h"

namespace unrig::host {

/// Whoever it has stopped (SIGSTOP) goes on at its end, or earlier. Only for processes that unrig
/// has started and that still run: a number may be given to another one.
class Halt {
 public:
  /// `clock` must outlive it.
  explicit Halt(const Clock& clock) : clock_(clock) {}
  Halt(const Halt&) = delete;
  Halt& operator=(const Halt&) = delete;
  ~Halt() { resume(); }

  /// Returns when it has stopped. False: it has not, or it has ended.
  bool stop(pid_t process);
  /// All that were stopped go on.
  void resume();

 private:
  const Clock& clock_;
  std::vector<pid_t> stopped_;
};

}  // namespace unrig::host
