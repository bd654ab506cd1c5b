/// \file
/// What `unrig check` has seen, key by key.
#pragma once

#include <array>

#include "record/check.h"
#include "record/description.h"

namespace unrig::record {

template <>
struct Description<PointOutcome> {
  static constexpr std::array values{PointOutcome::holds, PointOutcome::fails,
                                     PointOutcome::recorded, PointOutcome::not_checked};
};

template <>
struct Description<Point> {
  static void visit(auto& in, auto& point) {
    in.field("point", point.point);
    in.field("demanded", point.demanded);
    in.field("outcome", point.outcome);
    in.field("expected", point.expected);
    in.field("observed", point.observed);
    in.field("where", OrNull{point.where});
    in.field("help", OrNull{point.help});
  }
};

template <>
struct Description<ContractFigures> {
  static void visit(auto& in, auto& figures) {
    in.readings([&](auto& read) {
      read.field("head_bytes", figures.head_bytes);
      read.field("head_to_body_us", figures.head_to_body_us);
      read.field("database_connections", figures.database_connections);
      read.field("statements", figures.statements);
      read.field("round_trips", figures.round_trips);
      read.field("sql_bytes_forth", figures.sql_bytes_forth);
      read.field("sql_bytes_back", figures.sql_bytes_back);
      read.field("pool_most", figures.pool_most);
      read.field("pool_sum", figures.pool_sum);
      read.field("listen_backlog", figures.listen_backlog);
      read.field("log_bytes", figures.log_bytes);
      read.field("memory_growth_bytes", figures.memory_growth_bytes);
    });
  }
};

template <>
struct Description<CheckedStack> {
  static void visit(auto& in, auto& stack) {
    in.field("label", stack.label);
    in.field("stack", stack.stack);
    in.field("vintage", stack.vintage);
    in.field("framework", stack.framework);
    in.field("server", stack.server);
    in.field("concurrency", stack.concurrency);
    in.field("workers", stack.workers);
    in.field("failure", OrNull{stack.failure});
    in.derived("outcome", stack.outcome());
    in.field("points", stack.points);
    in.field("figures", stack.figures);
  }
};

template <>
struct Description<Check> {
  static void visit(auto& in, auto& check) {
    in.group("unrig", [&](auto& unrig) {
      unrig.field("version", check.unrig_version);
      unrig.field("commit", check.unrig_commit);
    });
    in.field("started_at", check.started_at);
    in.group("scenario", [&](auto& scenario) {
      scenario.field("name", check.scenario);
      scenario.field("knobs", check.knobs);
    });
    in.field("stacks", check.stacks);
    in.derived("outcome", check.outcome());
  }
};

}  // namespace unrig::record
