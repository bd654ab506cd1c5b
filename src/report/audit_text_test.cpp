#include "report/audit_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/testing.h"

namespace unrig::report {
namespace {

using analysis::audited_stack;
using analysis::with_hstore;
using record::Cell;
using testing::HasSubstr;
using testing::Not;

TEST(AuditText, MarksWhatDiffersAndSaysHow) {
  const std::vector<Cell> cells = {audited_stack("a"), with_hstore("x"), audited_stack("b"),
                                   with_hstore("y"), audited_stack("c")};
  const auto text = audit_text(cells);
  EXPECT_THAT(text, HasSubstr("2.00 !"));
  EXPECT_THAT(text, Not(HasSubstr("3.00 !")));
  EXPECT_THAT(text, HasSubstr("\nx, y wait 4 times per request for the database, the others 5.\n"));
}

TEST(AuditText, SaysWhatWasNotChecked) {
  auto silent = audited_stack("silent");
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
  auto direct = audited_stack("direct");
  direct.audit.hops = {{.from = "client", .to = "app", .connections = 1},
                       {.from = "app", .to = "database", .connections = 1, .round_trips = 2}};
  const std::vector<Cell> cells = {direct};
  EXPECT_THAT(audit_text(cells), Not(HasSubstr("To app")));
  EXPECT_EQ(audit_text({}), "");
}

}  // namespace
}  // namespace unrig::report
