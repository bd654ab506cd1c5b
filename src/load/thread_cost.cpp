#include "load/thread_cost.h"

#include <sys/resource.h>

namespace unrig::load {
namespace {

// Of the time: whoever shares the core with another program stays far below.
constexpr double share_when_saturated = 0.9;

Duration to_duration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

ThreadCost::Used ThreadCost::read() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return {to_duration(usage.ru_utime) + to_duration(usage.ru_stime),
          static_cast<std::uint64_t>(usage.ru_nivcsw)};
}

void ThreadCost::take(Instant now) {
  next_reading_ = timeline_.window_start;
  if (now < timeline_.window_start) return;
  if (!started_) {
    at_start_ = read();
    started_ = true;
  }
  next_reading_ = timeline_.window_end;
  if (now < timeline_.window_end || ended_) return;
  at_end_ = read();
  ended_ = true;
  next_reading_ = Instant::max();
}

void ThreadCost::look(Instant now) {
  const Duration cpu = read().cpu;
  saturated_ = seconds(cpu - cpu_at_look_) >= share_when_saturated * seconds(now - last_look_);
  cpu_at_look_ = cpu;
  last_look_ = now;
}

void ThreadCost::finish(Generator& cost) {
  if (started_ && !ended_) at_end_ = read();
  cost.cpu = at_end_.cpu - at_start_.cpu;
  cost.involuntary_switches = at_end_.involuntary_switches - at_start_.involuntary_switches;
  cost.longest_stall = longest_stall_;
}

}  // namespace unrig::load
