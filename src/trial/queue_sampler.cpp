#include "trial/queue_sampler.h"

#include <algorithm>

#include "host/sockets.h"

namespace unrig::trial {

namespace {

std::optional<std::uint64_t> drops_at(const std::vector<int>& ports) {
  std::uint64_t drops = 0;
  for (const int port : ports) {
    const auto queue = host::listen_queue(port);
    if (!queue || !queue->drops) return std::nullopt;
    drops += *queue->drops;
  }
  return drops;
}

/// A worker that was replaced took its own socket's count with it.
std::uint64_t growth(std::uint64_t first, std::uint64_t last) {
  return last - std::min(first, last);
}

/// Dropped at the chain's ports between two moments, handshakes that were put off left out. Others
/// may have put off some as well: then a drop at such a port may be missed, never invented.
std::optional<std::uint64_t> drops_between(const FullQueues& first, const FullQueues& last) {
  if (!first.chain || !last.chain || !first.deferring || !last.deferring) return std::nullopt;
  const std::uint64_t at_deferring = growth(*first.deferring, *last.deferring);
  if (at_deferring > 0 && (!first.deferred || !last.deferred)) return std::nullopt;
  const std::uint64_t deferred = at_deferring > 0 ? growth(*first.deferred, *last.deferred) : 0;
  return growth(*first.chain, *last.chain) + growth(deferred, at_deferring);
}

}  // namespace

FullQueues full_queues(const std::vector<int>& ports, const std::vector<int>& deferring) {
  const host::NetCounters counters = host::net_counters();
  return {.chain = drops_at(ports),
          .deferring = drops_at(deferring),
          .deferred = counters.deferred_handshakes,
          .machine = counters.listen_overflows};
}

std::optional<std::uint64_t> full_queues_between(const FullQueues& first, const FullQueues& last) {
  if (!first.machine || !last.machine) return std::nullopt;
  const std::uint64_t machine = *last.machine - *first.machine;
  const auto chain = drops_between(first, last);
  // One connection may be dropped more than once, and for another reason.
  return chain ? std::min(machine, *chain) : machine;
}

void QueueSampler::write(record::MachineSignals& machine) const {
  const auto found = full_queues_between(first_, last_);
  machine.listen_overflows =
      found ? record::Reading(*found)
            : record::Reading<std::uint64_t>::not_checked("/proc/net/netstat cannot be read");
}

}  // namespace unrig::trial
