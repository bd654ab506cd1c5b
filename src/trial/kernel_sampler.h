/// \file
/// What the kernel counts of the machine's network and of tasks that wait.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/clock.h"
#include "record/signals.h"

namespace unrig::trial {

/// Up to one moment. Not set: the kernel does not tell.
struct KernelReading {
  Instant at = {};
  std::optional<std::uint64_t> retransmitted = {};
  std::optional<std::uint64_t> local_ports = {};
  std::optional<Duration> cpu = {}, memory = {}, io = {};  ///< in which some task waited for it
};
[[nodiscard]] KernelReading read_kernel(const Clock& clock);

class KernelSampler {
 public:
  using Read = std::function<KernelReading()>;
  using TimeWait = std::function<std::optional<std::uint64_t>()>;

  KernelSampler(Read read, TimeWait time_wait)
      : read_(std::move(read)), time_wait_(std::move(time_wait)) {}

  void begin() { first_ = read_(); }
  void end() { last_ = read_(); }
  /// At the connections in TIME_WAIT, now and then.
  void look();
  void write(record::MachineSignals& machine) const;

 private:
  Read read_;
  TimeWait time_wait_;
  KernelReading first_, last_;
  std::optional<std::uint64_t> most_time_wait_;
};

}  // namespace unrig::trial
