#include "trial/backlog_sampler.h"

#include <algorithm>

namespace unrig::trial {

std::optional<host::ListenQueue> listen_queue_at(const host::Endpoint& endpoint) {
  return endpoint.is_socket() ? host::listen_queue(endpoint.socket())
                              : host::listen_queue(endpoint.port);
}

void BacklogSampler::look() {
  for (const auto& [component, endpoint] : at_) {
    const auto queue = read_(endpoint);
    if (!queue) continue;
    Seen& seen = seen_[component];
    ++seen.looks;
    seen.sum += queue->waiting;
    seen.most = std::max<std::uint64_t>(seen.most, queue->waiting);
    seen.limit = queue->limit;
  }
}

void BacklogSampler::write(record::Signals& signals) const {
  for (auto& [component, processes] : signals.processes) {
    if (!record::listens(component)) continue;
    record::QueueSignals& queue = processes.queue;
    const auto found = seen_.find(component);
    if (found == seen_.end()) {
      constexpr const char* why = "the kernel does not tell of its listening socket (sock_diag)";
      queue.mean = record::Reading<double>::not_checked(why);
      queue.most = queue.limit = record::Reading<std::uint64_t>::not_checked(why);
      continue;
    }
    const Seen& seen = found->second;
    queue.mean = seen.sum / seen.looks;
    queue.most = seen.most;
    queue.limit = seen.limit;
  }
}

}  // namespace unrig::trial
