/// \file
/// What is seen of the chain and of the machine, from beside, while the load of a trial runs: the
/// samplers, driven on one timeline.
#pragma once

#include <optional>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "chain/chain.h"
#include "host/standing.h"
#include "plan/bench.h"
#include "record/record.h"
#include "scenario/scenario.h"
#include "trial/activity_sampler.h"
#include "trial/backlog_sampler.h"
#include "trial/census_sampler.h"
#include "trial/cpu_sampler.h"
#include "trial/doing_sampler.h"
#include "trial/frequency_sampler.h"
#include "trial/halts.h"
#include "trial/holds.h"
#include "trial/kernel_sampler.h"
#include "trial/lives.h"
#include "trial/memory_sampler.h"
#include "trial/pool_sampler.h"
#include "trial/proxy_sampler.h"
#include "trial/queue_sampler.h"

namespace unrig::trial {

/// Those that a verdict can do without.
struct SignalSamplers {
  DoingSampler doing;
  ProxySampler proxy;
  PoolSampler pool;
  ActivitySampler activity;
  BacklogSampler backlogs;
  KernelSampler kernel;
  CensusSampler census;
  FrequencySampler frequency;
  MemorySampler memory;
};
/// The samplers of one trial; each knows through which functions it looks.
struct Samplers {
  Lives lives;
  Holds holds;
  CpuSampler cpu;  ///< without `signals` of the machine alone
  QueueSampler queues;
  Halts halts;
  std::optional<SignalSamplers> signals;  ///< not set: watch.signals is false
};
/// Those that look at a chain with its application server, and at this machine, for a trial of this
/// scenario. `unrig`: how unrig itself stood when it started what serves the application. `chain`
/// and `clock` must outlive them.
[[nodiscard]] Samplers samplers_of(chain::Chain& chain, const Clock& clock,
                                   const scenario::Scenario& scenario, TimesResumed times_resumed,
                                   const std::optional<host::Standing>& unrig);

/// Before the load.
void begin_watch(Samplers& samplers);
/// From `start` to the end of the window it looks every 100 ms whether the parts live, and twice a
/// second for what holds somebody back. Within the window it asks proxy, pooler and database every
/// 100 ms and looks at listen queues, every 25 ms at the application's threads, counts its
/// processes every 200 ms, and reads the CPU clocks at both its ends; before it, halfway and after
/// it what memory the application has. Without `signals` it only looks who lives and is held back,
/// and reads the machine's clock. Returns at the end of the window, or soon after `stop`.
void watch(Samplers& samplers, const Clock& clock, Instant start, const plan::Phases& phases,
           const std::stop_token& stop);
/// When the load has ended, before the application server is stopped.
void end_watch(Samplers& samplers, const Clock& clock);

/// What all of them saw, and why the others saw nothing.
void write(record::Signals& signals, const Samplers& samplers);
/// What befell chain and unrig. `window`: its length; `own_stall`: for how long at once unrig
/// itself did not look.
[[nodiscard]] std::vector<record::Mishap> mishaps_of(const Samplers& samplers, Duration window,
                                                     Duration own_stall);

}  // namespace unrig::trial
