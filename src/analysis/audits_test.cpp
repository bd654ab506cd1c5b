#include "analysis/audits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::analysis {
namespace {

using record::Cell;
using testing::ElementsAre;
using testing::IsEmpty;

/// A stack that sends what psycopg2 does in the scenario `article`.
Cell stack(std::string label) {
  Cell cell{.stack = label, .label = label};
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
Cell with_hstore(std::string label) {
  Cell cell = stack(std::move(label));
  cell.audit.hops[2].statements = {{"SELECT hstore", 1}, {"SELECT t.a", 1}};
  cell.audit.hops[2].round_trips = 4;
  return cell;
}

/// Values that differ from what most stacks do.
int marked(const std::vector<Cell>& cells) {
  int count = 0;
  for (const auto& column : audits_of(cells).columns) {
    for (const auto& value : column.values) count += value && value->differs;
  }
  return count;
}

TEST(Audits, NothingWhereAllDoTheSame) {
  const std::vector<Cell> cells = {stack("a"), stack("b"), stack("c")};
  EXPECT_THAT(audits_of(cells).findings, IsEmpty());
  EXPECT_EQ(marked(cells), 0);
}

TEST(Audits, NameTheStatementsThatAFewStacksRun) {
  const std::vector<Cell> cells = {stack("a"), with_hstore("x"), stack("b"), with_hstore("y"),
                                   stack("c")};
  EXPECT_THAT(audits_of(cells).findings,
              ElementsAre("x, y run 2 statements per request, the others 3: `SELECT hstore`; "
                          "without `BEGIN`, `COMMIT`",
                          "x, y wait 4 times per request for the database, the others 5"));
  EXPECT_EQ(marked(cells), 4) << "statements and round trips of two stacks";
}

TEST(Audits, WithoutAMajorityNobodyIsWrong) {
  const std::vector<Cell> cells = {stack("a"), with_hstore("x")};
  EXPECT_THAT(audits_of(cells).findings,
              ElementsAre("statements per request: 2 (x), 3 (a)",
                          "times per request for the database: 4 (x), 5 (a)"));
  EXPECT_EQ(marked(cells), 0);
}

TEST(Audits, OneStackDoesInTheSingular) {
  auto odd = stack("odd");
  odd.audit.hops[0].bytes_back = 195;
  odd.audit.log_lines = 1.5;
  std::vector<Cell> cells = {stack("a"), odd, stack("b")};
  cells[0].audit.hops[1].connections = cells[2].audit.hops[1].connections = 0;
  EXPECT_THAT(audits_of(cells).findings,
              ElementsAre("odd takes 1 new connection per request from the proxy, the others 0",
                          "odd answers with 195 bytes per request, the others 197",
                          "odd writes 1.5 log lines per request, the others 0"));
}

TEST(Audits, SystemCallsDifferOnlyWhenWidely) {
  auto busy = stack("busy");
  busy.audit.system_calls = 119;
  std::vector<Cell> cells = {stack("a"), busy, stack("b")};
  EXPECT_THAT(audits_of(cells).findings, IsEmpty());
  cells[1].audit.system_calls = 2492;
  cells[1].audit.system_calls_by_name = {{"epoll_wait", 2400}};
  EXPECT_THAT(audits_of(cells).findings,
              ElementsAre("system calls per request, where the median is 60: busy 2492 (2400 "
                          "epoll_wait)"));
}

}  // namespace
}  // namespace unrig::analysis
