#include "trial/kernel_sampler.h"

#include <algorithm>

#include "host/pressure.h"
#include "host/sockets.h"

namespace unrig::trial {
namespace {

using Share = record::Reading<double>;
using Number = record::Reading<std::uint64_t>;

Number number_or(const std::optional<std::uint64_t>& value, const char* why) {
  return value ? Number(*value) : Number::not_checked(why);
}

/// Of the time between two looks, which was that long.
Share share_of(const std::optional<Duration>& first, const std::optional<Duration>& last,
               Duration between) {
  if (!first || !last || between <= Duration(0))
    return Share::not_checked("this kernel does not sum it up (/proc/pressure)");
  return std::clamp(seconds(*last - *first) / seconds(between), 0.0, 1.0);
}

}  // namespace

KernelReading read_kernel(const Clock& clock) {
  return {.at = clock.now(),
          .retransmitted = host::net_counters().retransmitted_segments,
          .local_ports = static_cast<std::uint64_t>(host::ephemeral_ports().count()),
          .cpu = host::pressure("cpu"),
          .memory = host::pressure("memory"),
          .io = host::pressure("io")};
}

void KernelSampler::look() {
  most_time_wait_ = std::max(most_time_wait_, time_wait_());  // not set is least
}

void KernelSampler::write(record::MachineSignals& machine) const {
  machine.time_wait = number_or(most_time_wait_, "/proc/net/sockstat cannot be read");
  machine.local_ports = number_or(last_.local_ports, "the kernel does not tell");
  machine.retransmissions =
      first_.retransmitted && last_.retransmitted
          ? Number(*last_.retransmitted - std::min(*first_.retransmitted, *last_.retransmitted))
          : Number::not_checked("/proc/net/snmp cannot be read");
  const Duration between = last_.at - first_.at;
  machine.cpu_pressure = share_of(first_.cpu, last_.cpu, between);
  machine.memory_pressure = share_of(first_.memory, last_.memory, between);
  machine.io_pressure = share_of(first_.io, last_.io, between);
}

}  // namespace unrig::trial
