#include "report/reasons.h"

#include <gtest/gtest.h>

namespace unrig::report {
namespace {

analysis::Row row_of(const std::string& label, const std::vector<std::string>& reasons) {
  analysis::Row row;
  row.cell.label = label;
  row.trials = 7;
  row.reasons = reasons;
  return row;
}

std::string lines_of(const std::vector<std::string>& reasons) {
  const analysis::Row row = row_of("a", reasons);
  return does_not_count(std::span(&row, 1));
}

TEST(Reasons, OfOneKindAreToldOnce) {
  EXPECT_EQ(
      lines_of({"block 1: other programs used 20 % of the CPU time, most of it python3",
                "block 2: other programs used 75 % of the CPU time, most of it cc1plus",
                "block 2: the load generator was late: 6 of 1000 requests by more than 1.0 ms",
                "block 3: other programs used 8 % of the CPU time, most of it python3",
                "block 7: other programs used 30 % of the CPU time, most of it python3"}),
      "  a: blocks 1-3, 7: other programs used 8 to 75 % of the CPU time, most of it python3, "
      "cc1plus\n"
      "  a: block 2: the load generator was late: 6 of 1000 requests by more than 1.0 ms\n");
  EXPECT_EQ(lines_of({"block 1: the cores' frequency changed by -20 %",
                      "block 2: the cores' frequency changed by 7 %"}),
            "  a: blocks 1, 2: the cores' frequency changed by -20 to 7 %\n");
}

TEST(Reasons, OfSeveralRowsInTheSameBlocks) {
  const std::vector<analysis::Row> rows{
      row_of("a", {"block 1: the hypervisor took 2.5 % of the CPU time"}),
      row_of("b", {"block 1: the hypervisor took 12.0 % of the CPU time"}),
      row_of("c", {"block 2: the hypervisor took 3.0 % of the CPU time"})};
  EXPECT_EQ(does_not_count(rows),
            "  a, b: block 1: the hypervisor took 2.5 to 12.0 % of the CPU time\n"
            "  c: block 2: the hypervisor took 3.0 % of the CPU time\n");
}

TEST(Reasons, WhatIsNoFigureStaysApart) {
  const std::vector<std::string> parts{
      "block 1: the proxy ended while it was measured: 1 of its 3 processes (process 12, nginx)",
      "block 2: the proxy ended while it was measured: 1 of its 3 processes (process 34, nginx)"};
  EXPECT_EQ(lines_of(parts), "  a: " + parts[0] + "\n  a: " + parts[1] + "\n");
  const std::vector<std::string> ranges{
      "block 1: the database ran the application's query 9 times, expected 3 to 5",
      "block 2: the database ran the application's query 8 times, expected 4 to 6"};
  EXPECT_EQ(lines_of(ranges), "  a: " + ranges[0] + "\n  a: " + ranges[1] + "\n");
}

TEST(Reasons, OfWrongAnswersOneIsShown) {
  EXPECT_EQ(
      lines_of({"block 1: 5 of 10 requests failed (5 wrong_status); one answer began: HTTP 1",
                "block 2: 6 of 10 requests failed (6 wrong_status); one answer began: HTTP 2"}),
      "  a: blocks 1, 2: 5 to 6 of 10 requests failed (5 to 6 wrong_status); one answer began: "
      "HTTP 1\n");
  EXPECT_EQ(lines_of({"it did not start\nline 2 of 3", "it did not start\nline 3 of 3"}),
            "  a: it did not start\n    line 2 of 3\n  a: it did not start\n    line 3 of 3\n");
}

}  // namespace
}  // namespace unrig::report
