/// \file
/// Whether a trial counts, and what bounded it. Pure: records in, verdicts out.
#pragma once

#include <string>
#include <vector>

#include "load/limits.h"
#include "record/disturbance.h"
#include "record/record.h"
#include "scenario/scenario.h"
#include "trial/lives.h"

namespace unrig::trial {

/// What a verdict needs to know beyond the record.
struct Circumstances {
  scenario::Concurrency concurrency = scenario::Concurrency::sync;
  bool open_loop = false;
  int clients = 1;
  int sessions = 1;
  Duration delay{0};
  int cores = 1;
  int generator_threads = 1;
  Duration generator_cpu{0};   ///< within the window
  std::string late_generator;  ///< what load::late_generator() says
  std::string away_generator;  ///< what load::away_generator() says
  /// Requests that unrig sent to see that the stack is ready, and those of them that were answered.
  /// What was sent and not answered may have read its row or not, even later, under the load.
  std::uint64_t ready_sent = 0, ready_answered = 0;
  bool counts_rows = true;         ///< false where the database's counters could not be read
  bool sees_server = true;         ///< false: a URL that somebody else runs
  double servers_active_mean = 0;  ///< sessions in use, as the pooler says
  std::string sample_failure;      ///< start of one wrong answer
  std::vector<Mishap> mishaps;     ///< what befell the chain
  /// From the load's window to the one in which the machine was watched: how far they lie apart.
  Duration watch_shift{0};
  std::string counters_failure;  ///< why the database's counters could not be read; "" if they were
};

/// Of one core, per thread, closed loop.
inline constexpr double generator_cpu_limit = load::own_limit;
// Limits of the verdict. docs/verdicts.md explains each.
inline constexpr double failed_limit = 0.005;    ///< of the issued requests
inline constexpr double offered_limit = 0.98;    ///< achieved over offered rate, open loop
inline constexpr double cpu_busy_limit = 0.92;   ///< of all cores: limited by CPU
inline constexpr double throttled_limit = 0.01;  ///< of the window, summed over the cores
inline constexpr double shift_limit = 0.10;      ///< of the window

/// The share of its cores that the load generator used within the window.
[[nodiscard]] double generator_use(const record::Trial& trial, const Circumstances& around);

/// Adds every reason for which the trial does not count.
void judge(record::Trial& trial, const Circumstances& around);

/// The first rule that fits names the limiter (Gregg's USE method in the order of docs/verdicts.md:
/// errors, load generator, CPU, sessions, workers, latency, clients). Where the server is not seen
/// only the first two can be told. Never `confirmed`: only a perturbation can do that.
[[nodiscard]] record::Limiter find_limiter(const record::Trial& trial, const Circumstances& around);

}  // namespace unrig::trial
