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
  /// At any port, for this reason only. Not set: the kernel does not tell.
  std::optional<std::uint64_t> machine = {};
};
/// `ports`: those that the chain listens at.
[[nodiscard]] FullQueues full_queues(const std::vector<int>& ports);
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
