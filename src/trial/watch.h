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
#include "chain/chain.h"
#include "host/host.h"
#include "load/load.h"
#include "record/record.h"
#include "trial/lives.h"

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
  std::string pooler_failure;  ///< why the pooler gave no answer; "" where it always did
  Duration pooler_silent{0};   ///< the longest that an answer, or none, was waited for
  Holds holds;
  Instant first_at, last_at;  ///< when the CPU clocks were read

  void add(const chain::PoolerSample& sample);
  [[nodiscard]] double mean(double sum) const { return samples == 0 ? 0 : sum / samples; }
};

/// The parts of the chain that run now, with all their processes.
[[nodiscard]] std::vector<Part> parts_of(const chain::Chain& chain);

/// Looks every 100 ms, from `start` to the end of the window, whether the parts live and whether
/// something holds them or unrig back. Reads the CPU clocks at both ends of the window and asks the
/// pooler in between. Returns at the end of the window, or soon after `stop`.
[[nodiscard]] Watch watch(chain::Chain& chain, const Clock& clock, Instant start,
                          const load::Plan& plan, Lives& lives, const std::stop_token& stop);

/// The same of unrig's own groups alone.
void look_at_own_groups(Holds& holds);

/// Which quotas and freezers held something back for more than a little of the window.
[[nodiscard]] std::vector<Mishap> fill_holds(record::Trial& trial, const Holds& holds,
                                             Duration window);

/// Of unrig, which was stopped and went on so many `times` (TimesResumed): whoever had the cores
/// meanwhile, that is no noise.
void add_own_stops(std::vector<Mishap>& mishaps, std::uint64_t times);

/// Looks for the last time.
void end_of_lives(Lives& lives, const Clock& clock);

/// What befell chain and unrig, and what of it could not be looked at. `window`: its length;
/// `own_stall`: for how long at once unrig itself did not look.
[[nodiscard]] std::vector<Mishap> mishaps_of(record::Trial& trial, const Watch& seen,
                                             const Lives& lives, Duration window,
                                             Duration own_stall);

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
[[nodiscard]] FullQueues full_queues(const chain::Addresses& addresses);
/// Between two moments, at the chain's ports: no more than were dropped there, nor than found a
/// full queue anywhere. Empty where the kernel does not tell.
[[nodiscard]] std::optional<std::uint64_t> full_queues_between(const FullQueues& first,
                                                               const FullQueues& last);

}  // namespace unrig::trial
