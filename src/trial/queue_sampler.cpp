#include "trial/queue_sampler.h"

#include <algorithm>

#include "host/sockets.h"

namespace unrig::trial {

FullQueues full_queues(const std::vector<int>& ports) {
  FullQueues found{.chain = 0, .machine = host::net_counters().listen_overflows};
  for (const int port : ports) {
    const auto queue = host::listen_queue(port);
    found.chain = found.chain && queue && queue->drops ? std::optional(*found.chain + *queue->drops)
                                                       : std::nullopt;
  }
  return found;
}

std::optional<std::uint64_t> full_queues_between(const FullQueues& first, const FullQueues& last) {
  if (!first.machine || !last.machine) return std::nullopt;
  const std::uint64_t machine = *last.machine - *first.machine;
  if (!first.chain || !last.chain) return machine;
  // A worker that was replaced took its own socket's count with it. And a port that lets nobody in
  // before the first byte (pgbouncer's) counts every handshake: hence never more than the machine.
  return std::min(machine, *last.chain - std::min(*first.chain, *last.chain));
}

void QueueSampler::write(record::MachineSignals& machine) const {
  const auto found = full_queues_between(first_, last_);
  machine.listen_overflows =
      found ? record::Reading(*found)
            : record::Reading<std::uint64_t>::not_checked("/proc/net/netstat cannot be read");
}

}  // namespace unrig::trial
