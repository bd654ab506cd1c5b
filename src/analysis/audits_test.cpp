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

TEST(Audits, AreAColumnForEachFigureWithItsDecimals) {
  auto stack = audited_stack("a");
  stack.audit.hops[0].connections = 1.256;
  stack.audit.hops[0].bytes_back = 197.4;
  stack.audit.hops[2].statements = {{"SELECT t.a", 2.256}};
  stack.audit.hops.push_back({.from = "pooler", .to = "database"});
  std::vector<std::pair<std::string, std::string>> shown;
  for (const auto& column : audits_of(std::vector<Cell>{stack}).columns)
    shown.emplace_back(column.name, column.values.at(0)->text);
  using Columns = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(shown, (Columns{{"To proxy", "1.26"},
                            {"To app", "1.00"},
                            {"To DB", "1.00"},
                            {"Stmts", "2.26"},
                            {"Trips", "5.00"},
                            {"Bytes in", "64"},
                            {"Bytes out", "197"},
                            {"App out", "193"},
                            {"DB out", "170"},
                            {"DB in", "558"},
                            {"Log", "0.00"},
                            {"Syscalls", "60"},
                            {"Proc", "3"},
                            {"Thr", "3"},
                            {"MiB", "80"}}));
}

TEST(Audits, HaveNoColumnForAHopThatIsNotThere) {
  auto stack = audited_stack("a");
  stack.audit.hops.erase(stack.audit.hops.begin() + 1);
  stack.audit.system_calls.reset();
  std::vector<std::string> names;
  for (const auto& column : audits_of(std::vector<Cell>{stack}).columns)
    names.push_back(column.name);
  EXPECT_THAT(names, testing::Not(testing::Contains("To app")));
  EXPECT_THAT(names, testing::Contains("Syscalls")) << "why not is said elsewhere";
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

TEST(Audits, WorkersThatTakeUnequalSharesAreNamed) {
  auto stack = audited_stack("a");
  stack.audit.shares = {{.accepts = 20}, {.accepts = 45}, {.accepts = 30}};
  EXPECT_THAT(audits_of(std::vector<Cell>{stack}).findings,
              ElementsAre("a: of 95 connections that came at once one worker took 45, another 20"));
  stack.audit.shares[1].accepts = 40;
  EXPECT_THAT(audits_of(std::vector<Cell>{stack}).findings, IsEmpty());
  stack.audit.shares = {{.accepts = 90}};
  EXPECT_THAT(audits_of(std::vector<Cell>{stack}).findings, IsEmpty());
}

TEST(Audits, APlateauIsNamed) {
  auto stack = audited_stack("a");
  stack.audit.head_to_body_us = 40'312;
  EXPECT_THAT(
      audits_of(std::vector<Cell>{stack}).findings,
      ElementsAre("a: on a kept connection bodies come 40 ms after their heads: a plateau of "
                  "delayed acknowledgements, which TCP_NODELAY, or one call for both, mends"));
  stack.audit.head_to_body_us = 350;
  EXPECT_THAT(audits_of(std::vector<Cell>{stack}).findings, IsEmpty());
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
