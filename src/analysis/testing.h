/// \file
/// For tests: cells with an audit.
#pragma once

#include <string>
#include <utility>

#include "record/record.h"

namespace unrig::analysis {

/// A stack that sends what psycopg2 does in the scenario `article`.
inline record::Cell audited_stack(std::string label) {
  record::Cell cell{.stack = label, .label = label};
  auto& audit = cell.audit;
  audit.requests = 40;
  audit.hops = {
      {.from = "client", .to = "proxy", .connections = 1, .bytes_forth = 64, .bytes_back = 197},
      {.from = "proxy", .to = "app", .connections = 1, .bytes_forth = 58, .bytes_back = 193},
      {.from = "app",
       .to = "pooler",
       .connections = 1,
       .bytes_forth = 170,
       .bytes_back = 558,
       .round_trips = 5,
       .statements = {{"BEGIN", 1}, {"COMMIT", 1}, {"SELECT t.a", 1}}}};
  audit.log_lines = 0;
  audit.system_calls = 60;
  audit.system_calls_by_name = {{"epoll_wait", 20}};
  audit.processes = 3;
  audit.threads = 3;
  audit.memory_bytes = 80 << 20;
  return cell;
}
/// One that sends what aiopg does.
inline record::Cell with_hstore(std::string label) {
  record::Cell cell = audited_stack(std::move(label));
  cell.audit.hops[2].statements = {{"SELECT hstore", 1}, {"SELECT t.a", 1}};
  cell.audit.hops[2].round_trips = 4;
  return cell;
}

}  // namespace unrig::analysis
