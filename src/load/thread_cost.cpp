#include "load/thread_cost.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "base/number.h"
#include "load/limits.h"

namespace unrig::load {
namespace {

Duration to_duration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

/// Of "cpu_ns wait_ns slices", the second.
std::optional<Duration> second_number(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return {};
  const auto ns = leading_number<std::int64_t>(text.substr(blank + 1));
  if (!ns || *ns < 0) return {};
  return Duration{*ns};
}

}  // namespace

QueueWait queue_wait_of_this_thread() {
  auto fd = std::make_shared<UniqueFd>(open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC));
  return [fd]() -> std::optional<Duration> {
    std::array<char, 96> buffer;
    const ssize_t size = *fd ? pread(fd->get(), buffer.data(), buffer.size(), 0) : -1;
    if (size <= 0) return {};
    return second_number({buffer.data(), static_cast<std::size_t>(size)});
  };
}

QuotaUse quota_use_of_this_process() {
  auto groups = host::ControlGroups::of_this_machine().holding(getpid(), "cpu");
  if (!groups) return {};
  return [groups = std::move(*groups)]() -> std::optional<host::Throttling> {
    std::optional<host::Throttling> sum;
    for (const auto& group : groups) {
      const auto found = host::throttling(group);
      if (!found) continue;
      if (!sum) sum.emplace();
      sum->periods += found->periods;
      sum->held += found->held;
    }
    return sum;
  };
}

ThreadCost::Used ThreadCost::read() const {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return {to_duration(usage.ru_utime) + to_duration(usage.ru_stime),
          static_cast<std::uint64_t>(usage.ru_nivcsw),
          kernel_.queue_wait ? kernel_.queue_wait() : std::nullopt,
          {}};
}

ThreadCost::Used ThreadCost::read_all() const {
  Used used = read();
  if (kernel_.quota_use) used.throttling = kernel_.quota_use();
  return used;
}

void ThreadCost::take(Instant now) {
  next_reading_ = timeline_.window_start;
  if (now < timeline_.window_start) return;
  if (!started_) {
    at_start_ = read_all();
    started_ = true;
  }
  next_reading_ = timeline_.window_end;
  if (now < timeline_.window_end || ended_) return;
  at_end_ = read_all();
  ended_ = true;
  next_reading_ = Instant::max();
}

void ThreadCost::look(Instant now) {
  const Duration cpu = read().cpu;
  saturated_ = last_look_ != Instant{} &&
               seconds(cpu - cpu_at_look_) >= own_limit * seconds(now - last_look_);
  cpu_at_look_ = cpu;
  last_look_ = now;
}

void ThreadCost::wake(Instant now) {
  const Duration slept = now - entered_;
  Duration late = std::max(Duration{0}, slept - timeout_);
  if (slept >= shortest_stall) late = std::max(late, std::min(slept, read_queue_wait(now)));
  if (late >= shortest_stall) away(now, late);
  // What was there when it looked has come since it had looked before.
  readable_since_ = slept >= shortest_sleep ? now - late : woken_;
  woken_ = now;
  awake_ = true;
}

Duration ThreadCost::read_queue_wait(Instant now) {
  last_reading_ = now;
  const auto before = queue_wait_at_reading_;
  queue_wait_at_reading_ = kernel_.queue_wait ? kernel_.queue_wait() : std::nullopt;
  return before && queue_wait_at_reading_ ? *queue_wait_at_reading_ - *before : Duration{0};
}

void ThreadCost::finish(Generator& cost) {
  if (started_ && !ended_) at_end_ = read_all();
  cost.cpu = at_end_.cpu - at_start_.cpu;
  cost.involuntary_switches = at_end_.involuntary_switches - at_start_.involuntary_switches;
  cost.longest_stall = longest_stall_;
  if (at_start_.queue_wait && at_end_.queue_wait) {
    cost.queue_wait = *at_end_.queue_wait - *at_start_.queue_wait;
  }
  if (at_start_.throttling && at_end_.throttling) {
    cost.throttling = {at_end_.throttling->periods - at_start_.throttling->periods,
                       at_end_.throttling->held - at_start_.throttling->held};
  }
}

}  // namespace unrig::load
