/// \file
/// What `unrig check` has seen of stacks, and which points of the contract (docs/application.md)
/// they keep: the content of unrig.check/1. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/record.h"
#include "record/signals.h"

namespace unrig::record {

/// What became of one point of the contract.
enum class PointOutcome {
  holds,
  fails,
  recorded,     ///< nothing is demanded: honest servers differ in it
  not_checked,  ///< nobody knows: never the same as holds
};
[[nodiscard]] std::string_view to_text(PointOutcome outcome);  ///< "holds", …, "not checked"

/// One point: what the contract says, held against what a running stack did.
struct Point {
  std::string point;     ///< "content type": the rows of docs/application.md
  bool demanded = true;  ///< else only recorded
  PointOutcome outcome = PointOutcome::not_checked;
  std::string expected;
  std::string observed = {};  ///< what was seen; of what was not checked, why
  std::string where = {};     ///< on which bytes, at which process; empty: wherever it was looked
  std::string help = {};      ///< what to change; empty: nothing
  bool operator==(const Point&) const = default;
};

/// What was counted on the way, per request where nothing else is said. `sql` is what passes
/// between application and pooler with a new connection for each request.
struct ContractFigures {
  Reading<std::uint64_t> head_bytes = {};  ///< of one answer, with its empty line
  Reading<double> head_to_body_us = {};    ///< apart in a kept connection's answers, middle one
  Reading<double> database_connections = {};
  Reading<double> statements = {};
  Reading<double> round_trips = {};
  Reading<double> sql_bytes_forth = {}, sql_bytes_back = {};
  Reading<std::uint64_t> pool_most = {};       ///< kept connections of one process, at one time
  Reading<std::uint64_t> pool_sum = {};        ///< of all of them
  Reading<std::uint64_t> listen_backlog = {};  ///< in force, of each socket
  Reading<double> log_bytes = {};              ///< that went neither to the client nor the database
  Reading<double> memory_growth_bytes = {};    ///< of the second half of some hundred requests
  bool operator==(const ContractFigures&) const = default;
};

/// One stack.
struct CheckedStack {
  std::string label;  ///< "flask-gunicorn", or with what else tells it from the others
  std::string stack, vintage, framework, server, concurrency;
  int workers = 0;
  std::string failure = {};  ///< why it could not be looked at; empty where it could
  std::vector<Point> points;
  ContractFigures figures;
  /// Of its demanded points: fails where one does, else not_checked where one was not, or where it
  /// could not be looked at at all, else holds.
  [[nodiscard]] PointOutcome outcome() const;
};

struct Check {
  std::string unrig_version, unrig_commit;
  std::string started_at;
  std::string scenario;  ///< its name
  Pairs knobs;           ///< all of them, as in force, in TOML
  std::vector<CheckedStack> stacks;
  /// The worst of its stacks, in the same order.
  [[nodiscard]] PointOutcome outcome() const;
};

}  // namespace unrig::record
