/// \file
/// What `unrig doctor` has seen of a machine, and what each of it means: the content of
/// unrig.doctor/1. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/facts.h"
#include "record/record.h"
#include "record/signals.h"

namespace unrig::record {

/// What a finding does to results.
enum class Gravity {
  fine,         ///< nothing
  matters,      ///< they are valid, and would be others without it
  spoils,       ///< they would not be valid, or there would be none
  not_checked,  ///< nobody knows
};
[[nodiscard]] std::string_view to_text(Gravity gravity);  ///< "fine", …, "not checked"

/// One thing that was looked at.
struct Finding {
  std::string check;  ///< "swap", "listen queue": the rows of docs/doctor.md
  Gravity gravity = Gravity::fine;
  std::string observed;    ///< what there is; of what was not checked, why
  std::string means = {};  ///< for the numbers; empty where it is fine or was not checked
  std::string help = {};   ///< what mends it, best a command; empty: nothing, or it is fine
  bool operator==(const Finding&) const = default;
};

/// What a scenario asks of the machine that it is measured on.
struct Demand {
  int clients = 1;  ///< connections of the load at a time
  /// Requests per second that can come at most. Of a closed loop they are those of clients that
  /// wait for nothing but query delay and think time. Not set: nothing bounds them.
  std::optional<double> most_per_s = {};
  bool rate_is_given = false;      ///< an open loop: so many will come
  bool serves_here = true;         ///< the chain is on the same machine
  bool new_connections = true;     ///< some hop of the chain makes one for each request
  bool keeps_connections = false;  ///< some hop in front of the application keeps them
  int listen_backlog = 0;          ///< of every listening socket of the chain
  bool operator==(const Demand&) const = default;
};

/// A program that was looked for.
struct Program {
  std::string name;          ///< "nginx", "python of 2026"
  std::string wanted_by;     ///< "every stack", "stacks of 2020"
  bool needed = true;        ///< without it nothing of the scenario can be measured
  std::string found = {};    ///< version and path; empty: it is missing
  std::string missing = {};  ///< why; empty: it is there
  std::string help = {};     ///< the command that gets it
};

/// What was measured, and what else holds for this moment alone.
struct Probes {
  Disturbance around = {};                     ///< what others did while nothing ran
  Reading<std::int64_t> disk_free_bytes = {};  ///< below --home
  Reading<double> generator_per_s = {};        ///< against a server that does nothing
  Reading<double> generator_cores = {};        ///< CPU time that took, as a share of one core
  Reading<double> timer_p50_us = {}, timer_p99_us = {}, timer_max_us = {};  ///< late, of 1 ms
  /// Of an answer in two pieces on a kept connection, see host::split_answers().
  Reading<double> answer_with_nagle_us = {}, answer_without_nagle_us = {};
  std::string chain_stack = {};           ///< that served next; empty: none did
  std::vector<double> chain_per_s = {};   ///< completed requests of each second, one after another
  Reading<double> chain_difference = {};  ///< of a second from the next, relative; root mean square
};

struct Examination {
  std::string unrig_version, unrig_commit;
  std::string started_at;
  std::string scenario;  ///< its name
  Pairs knobs;           ///< all of them, as in force, in TOML
  Demand demand;
  host::Facts host;
  std::vector<Program> programs;
  Probes probes;
  std::vector<Finding> findings;
  bool fit = true;  ///< none of them spoils results
};

}  // namespace unrig::record
