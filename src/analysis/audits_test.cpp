#include "analysis/audits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/testing.h"

namespace unrig::analysis {
namespace {

using record::Cell;
using testing::ElementsAre;
using testing::IsEmpty;

/// Values that differ from what most stacks do.
int marked(const std::vector<Cell>& cells) {
  int count = 0;
  for (const auto& column : audits_of(cells).columns) {
    for (const auto& value : column.values) count += value && value->differs;
  }
  return count;
}

TEST(Audits, NothingWhereAllDoTheSame) {
  const std::vector<Cell> cells = {audited_stack("a"), audited_stack("b"), audited_stack("c")};
  EXPECT_THAT(audits_of(cells).findings, IsEmpty());
  EXPECT_EQ(marked(cells), 0);
}

TEST(Audits, NameTheirStacksAndWhatWasNotLookedAt) {
  auto refused = audited_stack("b");
  refused.audit.system_calls_not_checked = "no strace";
  Cell none{.stack = "c", .label = "c"};
  none.audit.not_made = "it did not start";
  const auto audits = audits_of(std::vector<Cell>{audited_stack("a"), refused, none});
  EXPECT_THAT(audits.labels, ElementsAre("a", "b"));
  EXPECT_THAT(audits.not_checked,
              ElementsAre(testing::Pair("not audited: it did not start", ElementsAre("c")),
                          testing::Pair("system calls not checked: no strace", ElementsAre("b"))));
}

TEST(Audits, NameTheStatementsThatAFewStacksRun) {
  const std::vector<Cell> cells = {audited_stack("a"), with_hstore("x"), audited_stack("b"),
                                   with_hstore("y"), audited_stack("c")};
  EXPECT_THAT(audits_of(cells).findings,
              ElementsAre("x, y run 2 statements per request, the others 3: `SELECT hstore`; "
                          "without `BEGIN`, `COMMIT`",
                          "x, y wait 4 times per request for the database, the others 5"));
  EXPECT_EQ(marked(cells), 4) << "statements and round trips of two stacks";
}

TEST(Audits, WithoutAMajorityNobodyIsWrong) {
  const std::vector<Cell> cells = {audited_stack("a"), with_hstore("x")};
  EXPECT_THAT(audits_of(cells).findings,
              ElementsAre("statements per request: 2 (x), 3 (a)",
                          "times per request for the database: 4 (x), 5 (a)"));
  EXPECT_EQ(marked(cells), 0);
}

TEST(Audits, OneStackDoesInTheSingular) {
  auto odd = audited_stack("odd");
  odd.audit.hops[0].bytes_back = 195;
  odd.audit.log_lines = 1.5;
  std::vector<Cell> cells = {audited_stack("a"), odd, audited_stack("b")};
  cells[0].audit.hops[1].connections = cells[2].audit.hops[1].connections = 0;
  EXPECT_THAT(audits_of(cells).findings,
              ElementsAre("odd takes 1 new connection per request from the proxy, the others 0",
                          "odd answers with 195 bytes per request, the others 197",
                          "odd writes 1.5 log lines per request, the others 0"));
}

TEST(Audits, SystemCallsDifferOnlyWhenWidely) {
  auto busy = audited_stack("busy");
  busy.audit.system_calls = 119;
  std::vector<Cell> cells = {audited_stack("a"), busy, audited_stack("b")};
  EXPECT_THAT(audits_of(cells).findings, IsEmpty());
  cells[1].audit.system_calls = 2492;
  cells[1].audit.system_calls_by_name = {{"epoll_wait", 2400}};
  EXPECT_THAT(audits_of(cells).findings,
              ElementsAre("system calls per request, where the median is 60: busy 2492 (2400 "
                          "epoll_wait)"));
}

}  // namespace
}  // namespace unrig::analysis
