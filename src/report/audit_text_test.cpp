#include "report/audit_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::report {
namespace {

using record::Cell;
using testing::HasSubstr;
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

TEST(AuditText, MarksWhatDiffersAndSaysHow) {
  const std::vector<Cell> cells = {stack("a"), with_hstore("x"), stack("b"), with_hstore("y"),
                                   stack("c")};
  const auto text = audit_text(cells);
  EXPECT_THAT(text, HasSubstr("2.00 !"));
  EXPECT_THAT(text, Not(HasSubstr("3.00 !")));
  EXPECT_THAT(text, HasSubstr("\nx, y wait 4 times per request for the database, the others 5.\n"));
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
