/// \file
/// What a measuring thread costs, and how long it did not look at its sockets though it had to.
#pragma once

#include <functional>

#include "base/file.h"
#include "host/groups.h"
#include "load/ledger.h"

namespace unrig::load {

/// How long a thread has been ready to run without a core to run on: because others used it, or
/// because its control group had used up its quota. None: this kernel does not tell.
using QueueWait = std::function<std::optional<Duration>()>;
/// Of the thread that calls this, from /proc/thread-self/schedstat (proc(5)). One reading takes a
/// microsecond.
[[nodiscard]] QueueWait queue_wait_of_this_thread();

/// What CPU quotas did to the process until now, be it by its own control group or by one above it.
/// None: it cannot be read.
using QuotaUse = std::function<std::optional<host::Throttling>()>;
/// Of this process, from cpu.stat. One reading takes tens of microseconds.
[[nodiscard]] QuotaUse quota_use_of_this_process();

/// What the kernel tells of the calling thread; what is empty it does not tell.
struct KernelsWord {
  QueueWait queue_wait = {};
  QuotaUse quota_use = {};
};

/// Watches the calling thread. The CPU time of the window is the difference between the first
/// readings at or after its two ends.
///
/// A thread has looked away from when a wait for its sockets ended until the next one begins, and
/// within a wait for as long as it was ready to run, or beyond the time that it had asked for. What
/// came meanwhile lay unread.
class ThreadCost {
 public:
  /// `timeline` and `ledger` must outlive it; the timeline need not be known yet.
  ThreadCost(const Timeline& timeline, Ledger& ledger, KernelsWord kernel)
      : timeline_(timeline), ledger_(ledger), kernel_(std::move(kernel)) {}

  /// Once per turn, when the thread is about to look at its sockets again and will wait for at most
  /// `timeout`. `expecting`: requests are under way; a thread that nobody answers misses nothing
  /// while it does not look.
  void turn(Instant now, Duration timeout, bool expecting) {
    if (now >= next_reading_) take(now);
    if (now - last_look_ >= between_looks) look(now);
    if (now - last_reading_ >= between_readings) read_queue_wait(now);
    if (turned_) away(now, now - woken_);
    turned_ = true;
    awake_ = false;
    entered_ = now;
    timeout_ = timeout;
    expecting_ = expecting;
  }
  /// Something has come, or the wait has ended without anything; only the first call of a turn
  /// counts.
  void woke(Instant now) {
    if (!awake_) wake(now);
  }
  /// What is read in this turn has not been there for longer.
  [[nodiscard]] Instant readable_since() const { return readable_since_; }
  /// The thread was on its core for nearly all of the time between the last two looks.
  [[nodiscard]] bool saturated() const { return saturated_; }
  void finish(Generator& cost);

 private:
  struct Used {
    Duration cpu{0};
    std::uint64_t involuntary_switches = 0;
    std::optional<Duration> queue_wait;
    std::optional<host::Throttling> throttling;
  };
  [[nodiscard]] Used read() const;
  [[nodiscard]] Used read_all() const;
  void take(Instant now);
  void look(Instant now);
  void wake(Instant now);
  /// What was added since the last reading.
  Duration read_queue_wait(Instant now);
  void away(Instant now, Duration how_long) {
    if (how_long > longest_stall_ && now >= timeline_.start) longest_stall_ = how_long;
    if (expecting_ && how_long >= shortest_stall) ledger_.stalled(now, how_long);
  }

  // A sleep shorter than this is none: the wait only asked whether something had come.
  static constexpr Duration shortest_sleep = std::chrono::microseconds(20);
  // Waiting for a core is told from sleeping only beyond this: a reading takes a microsecond.
  static constexpr Duration shortest_stall = std::chrono::milliseconds(1);
  // So that what is found after a sleep is not the sum of too many short waits before it.
  static constexpr Duration between_readings = std::chrono::milliseconds(5);
  // Long beside a tick of the kernel, by which the CPU time of a running thread may be behind.
  static constexpr Duration between_looks = std::chrono::milliseconds(100);

  const Timeline& timeline_;
  Ledger& ledger_;
  const KernelsWord kernel_;
  Instant next_reading_;
  bool turned_ = false, awake_ = false, expecting_ = false;
  Instant entered_, woken_, readable_since_;
  Duration timeout_{0};
  Duration longest_stall_{0};
  bool started_ = false, ended_ = false;
  Used at_start_, at_end_;
  Instant last_look_;
  Duration cpu_at_look_{0};
  bool saturated_ = false;
  Instant last_reading_;
  std::optional<Duration> queue_wait_at_reading_;
};

}  // namespace unrig::load
