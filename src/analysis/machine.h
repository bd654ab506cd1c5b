/// \file
/// What the facts of a machine mean for the numbers that are measured on it, and what mends it.
/// Pure: facts in, findings out. docs/doctor.md explains each check.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/facts.h"
#include "record/examination.h"
#include "record/record.h"
#include "scenario/scenario.h"

namespace unrig::analysis {

// docs/doctor.md explains each limit.
inline constexpr double generator_reserve = 3;  ///< times the planned load
inline constexpr double late_timer_us = 200;    ///< at P99: matters
inline constexpr double too_late_timer_us = 1000;
inline constexpr double plateau_us = 20'000;       ///< half of what the kernel puts off at least
inline constexpr double differing_seconds = 0.05;  ///< of one second from the next
inline constexpr std::int64_t little_memory = std::int64_t{1} << 30;
inline constexpr std::int64_t too_little_memory = std::int64_t{256} << 20;
inline constexpr std::int64_t little_disk = 1'000'000'000;
inline constexpr std::int64_t too_little_disk = 200'000'000;

/// What the scenario asks of a machine with `cores` cores, for a stack of `workers` workers.
/// `serves_here`: false for URLs, of which only the settings of the load are known.
[[nodiscard]] record::Demand demand_of(const scenario::Scenario& scenario, int cores, int workers,
                                       bool serves_here = true);

/// What the facts alone tell, in the order of docs/doctor.md.
[[nodiscard]] std::vector<record::Finding> findings_of(const host::Facts& facts,
                                                       const record::Demand& demand);

/// These, and what programs and probes tell.
[[nodiscard]] std::vector<record::Finding> findings_of(const record::Examination& seen);

/// Whether nothing of it spoils results.
[[nodiscard]] bool is_fit(std::span<const record::Finding> findings);

/// How far a second lies from the next one, relative to their mean: the root of the mean square.
/// 0 of fewer than two, or where nothing was completed.
[[nodiscard]] double difference_of_seconds(std::span<const double> per_s);

/// A finding of the facts that a run has stored, and the cells that it holds for.
struct MachineFinding {
  record::Finding finding;
  std::vector<std::string> labels;
  bool holds_for_all = true;  ///< cells of the run
};
[[nodiscard]] std::vector<MachineFinding> machine_findings(const record::Manifest& manifest);

}  // namespace unrig::analysis
