/// \file
/// Whether connections of the chain found a full listen queue.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "record/signals.h"

namespace unrig::trial {

/// Connections that found a full queue up to one moment.
struct FullQueues {
  /// Dropped at the chain's ports, for this or another reason. Not set: the kernel does not tell.
  std::optional<std::uint64_t> chain = {};
  /// The same at the ports that let nobody in before the first byte: every handshake is in it.
  std::optional<std::uint64_t> deferring = 0;
  /// Handshakes that were put off so, at any port. Not set: the kernel does not tell.
  std::optional<std::uint64_t> deferred = 0;
  /// At any port, for this reason only. Not set: the kernel does not tell.
  std::optional<std::uint64_t> machine = {};
};
/// Of ports that the chain listens at; `deferring`: those with TCP_DEFER_ACCEPT, not in `ports`.
[[nodiscard]] FullQueues full_queues(const std::vector<int>& ports,
                                     const std::vector<int>& deferring);
/// Between two moments, at the chain's ports: no more than were dropped there, nor than found a
/// full queue anywhere. Empty where the kernel does not tell.
[[nodiscard]] std::optional<std::uint64_t> full_queues_between(const FullQueues& first,
                                                               const FullQueues& last);

class QueueSampler {
 public:
  using Read = std::function<FullQueues()>;

  explicit QueueSampler(Read read) : read_(std::move(read)) {}
  void begin() { first_ = read_(); }
  void end() { last_ = read_(); }
  void write(record::MachineSignals& machine) const;

 private:
  Read read_;
  FullQueues first_, last_;
};

}  // namespace unrig::trial
