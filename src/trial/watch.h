/// \file
/// What is seen of the chain and of the machine, from beside, while the load of a trial runs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "host/host.h"
#include "load/load.h"
#include "record/record.h"
#include "stack/chain.h"

namespace unrig::trial {

/// CPU time used up to one moment: by component, by everybody else, by the whole machine.
struct CpuReading {
  std::map<std::string, Duration> of;
  host::Usage usage;
  std::optional<host::MachineCpu> machine;
};

struct Watch {
  CpuReading first, last;
  std::vector<double> core_mhz;  ///< twice a second; empty where the machine does not tell
  int samples = 0;
  int sessions_max = 0;
  double sessions_sum = 0, active_sum = 0, waiting_sum = 0;

  void add(const stack::PoolerSample& sample);
  [[nodiscard]] double mean(double sum) const { return samples == 0 ? 0 : sum / samples; }
};

/// Reads the CPU clocks at both ends of the window and asks the pooler every 100 ms in between.
/// Returns at the end of the window, or soon after `stop`.
[[nodiscard]] Watch watch(stack::Chain& chain, const Clock& clock, const load::Plan& plan,
                          const std::stop_token& stop);

/// CPU time by component. `parts` are the names of those that the scenario has; the others used
/// none.
void fill_cpu(record::Trial& trial, const Watch& seen, const load::Outcome& outcome,
              std::span<const std::string> parts);

/// What the pooler said; `counts_sessions`: whether there is one.
void fill_sessions(record::Trial& trial, const Watch& seen, bool counts_sessions);

/// What others did within the window. listen_overflows is left out.
void fill_disturbance(record::Trial& trial, const Watch& seen);

/// How the middle of the second half of the values differs from that of the first, relative. Empty
/// for fewer than four.
[[nodiscard]] std::optional<double> change_between_halves(std::vector<double> values);

/// Connections that found a full queue up to one moment.
struct FullQueues {
  /// Dropped at the chain's ports, for this or another reason. Not set: the kernel does not tell.
  std::optional<std::uint64_t> chain;
  /// At any port, for this reason only. Not set: the kernel does not tell.
  std::optional<std::uint64_t> machine = 0;
};
[[nodiscard]] FullQueues full_queues(const stack::Addresses& addresses);
/// Between two moments, at the chain's ports: no more than were dropped there, nor than found a
/// full queue anywhere. Empty where the kernel does not tell.
[[nodiscard]] std::optional<std::uint64_t> full_queues_between(const FullQueues& first,
                                                               const FullQueues& last);

}  // namespace unrig::trial
