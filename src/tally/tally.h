/// \file
/// What became of the requests of one load: how each ended, when, and the generator's own part in
/// the figures. Plain data, filled by whatever makes load; knows no engine.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "host/groups.h"
#include "stats/coarse.h"

namespace unrig::tally {

/// The class in which a request without its right answer ends.
enum class Failure {
  refused,          ///< connection refused
  unreachable,      ///< any other failure to connect
  no_port,          ///< no local port left
  connect_timeout,  ///< no connection within the limit
  timeout,          ///< no complete answer within the limit
  reset,            ///< the connection was reset before the answer was complete
  closed_early,     ///< the connection was closed before the answer was complete
  malformed,        ///< the answer is not HTTP
  stale,            ///< on a kept connection, closed before any byte of the answer; not repeatable
  wrong_status,     ///< another status than the expected
  wrong_body,       ///< complete, but length or content differ from the expected
};
inline constexpr std::size_t failure_count = 11;
[[nodiscard]] std::string_view to_text(Failure failure);  ///< its name above

/// Every request ends in exactly one class: scheduled = issued + dropped,
/// issued = completed + failed() + unfinished.
struct Counts {
  std::uint64_t scheduled = 0;
  std::uint64_t issued = 0;
  std::uint64_t dropped = 0;  ///< found the line full, or still stood in it at the end
  std::uint64_t completed = 0;
  std::uint64_t unfinished = 0;  ///< still under way when stopped
  std::array<std::uint64_t, failure_count> failed_by{};
  [[nodiscard]] std::uint64_t failed() const;
  /// Whether the sums above hold.
  [[nodiscard]] bool adds_up() const;
};

/// "200 closed_early, 3 timeout": the classes that occurred, the most frequent first; "" if none.
[[nodiscard]] std::string causes(const Counts& counts);

/// What one failure looked like: the start of the answer, or what there is to say without one.
struct Sample {
  Failure failure = Failure::refused;
  int status = 0;  ///< of the answer; 0: none
  std::string text;
};

/// Length of the finest stretches in which completions are counted.
inline constexpr Duration step_length = std::chrono::milliseconds(100);

/// What a stretch of the schedule saw; by completion time.
struct Stretch {
  std::uint64_t completed = 0;
  double mean_response_us = 0;
};
/// Steps put together to whole seconds; the last one may be shorter.
[[nodiscard]] std::vector<Stretch> by_second(const std::vector<Stretch>& steps);

/// What one second saw, each at the time at which it happened.
struct Second {
  std::uint64_t issued = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  stats::CoarseCounts responses;  ///< response times of the completed ones
};

/// The generator's own part in the figures.
struct Generator {
  Duration cpu{0};  ///< of the measuring threads within the window
  int threads = 1;
  std::string backend = "epoll";
  std::string backend_note;  ///< why it is another than asked for, or what it lacks
  std::string timer_note;    ///< why it may wake up to 50 us late; "" where it wakes when asked
  /// All threads had a real-time priority: whenever they were ready, they had a core at once.
  bool real_time = false;
  /// What `threads` could get of the machine's cores: no more than it may use.
  std::optional<double> cores;
  std::uint64_t involuntary_switches = 0;
  /// The longest time in which it did not look at its sockets though it had to: not while it slept
  /// because nothing was to be done, but while it waited for a core.
  Duration longest_stall{0};
  /// Ready to run, but without a core, within the window; none: the kernel does not tell.
  std::optional<Duration> queue_wait;
  /// What CPU quotas of its control groups did within the window; none: it cannot be read.
  std::optional<host::Throttling> throttling;
  /// Share of the machine's CPU time that its hypervisor took, from the start to the end of it all;
  /// none: it cannot be read.
  std::optional<double> steal;
  int source_addresses = 1;  ///< that connections were made from
};

/// \name Sums over the threads or the stretches of one load
/// @{
void add(Counts& into, const Counts& from);
void add(Stretch& into, const Stretch& from);  ///< the mean of all
void add(Second& into, const Second& from);
void add(Generator& into, const Generator& from);
/// @}

/// Whether the figures speak of the server, or of something else.
struct LoadVerdict {
  [[nodiscard]] bool valid() const { return reasons.empty(); }
  std::vector<std::string> reasons;  ///< why the figures do not speak of the server
  std::vector<std::string> advice;   ///< what to do about it
};

}  // namespace unrig::tally
