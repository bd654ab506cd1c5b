#include "report/audit_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::report {
namespace {

using record::Cell;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

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

TEST(AuditFindings, NothingWhereAllDoTheSame) {
  const std::vector<Cell> cells = {stack("a"), stack("b"), stack("c")};
  EXPECT_THAT(audit_findings(cells), IsEmpty());
  EXPECT_THAT(audit_text(cells), Not(HasSubstr("!")));
}

TEST(AuditFindings, NameTheStatementsThatAFewStacksRun) {
  const std::vector<Cell> cells = {stack("a"), with_hstore("x"), stack("b"), with_hstore("y"),
                                   stack("c")};
  EXPECT_THAT(audit_findings(cells),
              ElementsAre("x, y run 2 statements per request, the others 3: `SELECT hstore`; "
                          "without `BEGIN`, `COMMIT`",
                          "x, y wait 4 times per request for the database, the others 5"));
  const auto text = audit_text(cells);
  EXPECT_THAT(text, HasSubstr("2.00 !"));
  EXPECT_THAT(text, Not(HasSubstr("3.00 !")));
}

TEST(AuditFindings, WithoutAMajorityNobodyIsWrong) {
  const std::vector<Cell> cells = {stack("a"), with_hstore("x")};
  EXPECT_THAT(audit_findings(cells),
              ElementsAre("statements per request: 2 (x), 3 (a)",
                          "times per request for the database: 4 (x), 5 (a)"));
  EXPECT_THAT(audit_text(cells), Not(HasSubstr("!")));
}

TEST(AuditFindings, OneStackDoesInTheSingular) {
  auto odd = stack("odd");
  odd.audit.hops[0].bytes_back = 195;
  odd.audit.log_lines = 1.5;
  std::vector<Cell> cells = {stack("a"), odd, stack("b")};
  cells[0].audit.hops[1].connections = cells[2].audit.hops[1].connections = 0;
  EXPECT_THAT(audit_findings(cells),
              ElementsAre("odd takes 1 new connection per request from the proxy, the others 0",
                          "odd answers with 195 bytes per request, the others 197",
                          "odd writes 1.5 log lines per request, the others 0"));
}

TEST(AuditFindings, SystemCallsDifferOnlyWhenWidely) {
  auto busy = stack("busy");
  busy.audit.system_calls = 119;
  std::vector<Cell> cells = {stack("a"), busy, stack("b")};
  EXPECT_THAT(audit_findings(cells), IsEmpty());
  cells[1].audit.system_calls = 2492;
  cells[1].audit.system_calls_by_name = {{"epoll_wait", 2400}};
  EXPECT_THAT(audit_findings(cells),
              ElementsAre("system calls per request, where the median is 60: busy 2492 (2400 "
                          "epoll_wait)"));
}

TEST(AuditText, SaysWhatWasNotChecked) {
  auto silent = stack("silent");
  silent.audit.system_calls.reset();
  silent.audit.system_calls_not_checked = "strace is not installed";
  Cell broken{.label = "broken"};
  broken.audit.not_made = "a request failed: status 500";
  const std::vector<Cell> cells = {silent, broken};
  const auto text = audit_text(cells);
  EXPECT_THAT(text, HasSubstr("silent: system calls not checked: strace is not installed\n"));
  EXPECT_THAT(text, HasSubstr("broken: not audited: a request failed: status 500\n"));
}

TEST(AuditText, LeavesOutHopsThatTheChainDoesNotHave) {
  auto direct = stack("direct");
  direct.audit.hops = {{.from = "client", .to = "app", .connections = 1},
                       {.from = "app", .to = "database", .connections = 1, .round_trips = 2}};
  const std::vector<Cell> cells = {direct};
  EXPECT_THAT(audit_text(cells), Not(HasSubstr("To app")));
  EXPECT_EQ(audit_text({}), "");
}

}  // namespace
}  // namespace unrig::report
