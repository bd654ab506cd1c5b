/// \file
/// What a measuring thread costs and how long it looked away from its sockets.
#pragma once

#include "load/ledger.h"

namespace unrig::load {

/// Watches the calling thread. The CPU time of the window is the difference between the first
/// readings at or after its two ends.
class ThreadCost {
 public:
  explicit ThreadCost(const Timeline& timeline) : timeline_(timeline), last_look_(timeline.start) {}

  /// Once per turn, when the thread is about to look at its sockets again and will wait for at most
  /// `timeout`.
  void turn(Instant now, Duration timeout) {
    if (!last_.time_since_epoch().count() || now >= next_reading_) take(now);
    if (now - last_look_ >= between_looks) look(now);
    const Duration away = now - last_ - timeout_;
    if (away > longest_stall_ && last_ >= timeline_.start) longest_stall_ = away;
    last_ = now;
    timeout_ = timeout;
  }
  /// The thread was on its core for nearly all of the time between the last two looks.
  [[nodiscard]] bool saturated() const { return saturated_; }
  void finish(Generator& cost);

 private:
  struct Used {
    Duration cpu{0};
    std::uint64_t involuntary_switches = 0;
  };
  static Used read();
  void take(Instant now);
  void look(Instant now);

  Timeline timeline_;
  Instant next_reading_;
  Instant last_;
  Duration timeout_{0};
  Duration longest_stall_{0};
  bool started_ = false, ended_ = false;
  Used at_start_, at_end_;
  // Long beside a tick of the kernel, by which the CPU time of a running thread may be behind.
  static constexpr Duration between_looks = std::chrono::milliseconds(100);
  Instant last_look_;
  Duration cpu_at_look_{0};
  bool saturated_ = false;
};

}  // namespace unrig::load
