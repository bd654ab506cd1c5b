/// \file
/// What a campaign is asked for: what to measure, how, and what the manifest says of who asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "experiment/experiment.h"
#include "host/facts.h"
#include "plan/bench.h"
#include "record/record.h"

namespace unrig::campaign {

/// Plain data, filled by whoever was asked. Cells and baseline may be any that the site knows.
struct Task {
  // What.
  std::string scenario;  ///< its name
  record::Pairs knobs;   ///< all of them, as in force, in TOML
  std::vector<record::Cell> cells;
  std::string baseline;                   ///< label of one of them
  std::vector<record::Tuned> tuned = {};  ///< numbers of workers among all that, and how they came
  std::optional<record::Matched> matched = {};
  // How.
  std::uint64_t seed = 0;
  int blocks = 3;           ///< 0: as many as the precision takes
  double precision = 0.02;  ///< relative half-width of the ratios to reach, where blocks is 0
  double margin = 0.02;     ///< relative difference below which two cells count as equivalent
  plan::Phases phases;
  /// Fresh blocks of the fastest two. Not set: up to as many as usual, until they are precise.
  std::optional<int> fresh_blocks;
  /// Whether they are put to the test at the end (campaign/confirm.h). Not set: as the run did
  /// that goes on, else not.
  std::optional<bool> confirm_limiters;
  Duration patience{0};                 ///< waited at most, in all, for a quiet machine
  bool accept_noise = false;            ///< trials that were only disturbed count
  bool accept_unproven = false;         ///< claims that nobody could check count as held
  double tolerated_loss = 0;            ///< see record::Manifest
  std::optional<Duration> budget;       ///< no trial begins so long after the campaign has begun
  bool search = false;                  ///< see campaign/search.h
  std::vector<std::string> gates = {};  ///< bounds that the result has to keep, as they were typed
  // Who asked.
  std::string unrig_version, unrig_commit;
  std::vector<std::string> command_line;
  std::vector<std::string> stack_folders;  ///< absolute
  std::string python;                      ///< absolute; empty: none was asked for
};

/// The manifest of a run that begins at `now`; what the site finds is still missing.
[[nodiscard]] record::Manifest manifest_of(const Task& task, const host::Facts& facts,
                                           WallTime now);

/// What of a manifest may change when its run goes on: how long it waits, what counts, how many
/// fresh blocks there are, which bounds it has to keep.
void set_conduct(const Task& task, record::Manifest& manifest);

/// How `task` is conducted, or the rest of `stored`. The budget begins now.
[[nodiscard]] experiment::Conduct conduct_of(const Task& task, const Clock& clock,
                                             const std::optional<record::Run>& stored = {});

/// How many trials it will probably have, for who tells how far it is.
[[nodiscard]] int expected_trials(const Task& task);

}  // namespace unrig::campaign
