#include "chain/statements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::chain {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Rows::value_type row(const char* text, const char* calls, const char* least_us,
                     const char* total_us, const char* lost = "0") {
  return {{"text", text},         {"calls", calls},       {"rows", calls},
          {"least_us", least_us}, {"total_us", total_us}, {"lost", lost}};
}

TEST(Statements, AreThoseOfTheApplicationInItsDatabase) {
  EXPECT_THAT(statements_sql(), ::testing::HasSubstr("datname = 'unrig'"));
  EXPECT_THAT(statements_sql(), ::testing::HasSubstr("rolname = 'app'"));
}

TEST(Statements, ThatDifferInValuesAndBlanksAreOne) {
  // A driver that sends small numbers as int2 and others as int4 has two kinds of one statement.
  const auto totals = count_statements(
      {row("SELECT t.a, t.b FROM pg_sleep($1), test t WHERE t.a = $2", "30", "20011", "606000"),
       row("SELECT t.a, t.b\n  FROM pg_sleep($1), test t WHERE t.a = $12", "10", "20007", "204000"),
       row("BEGIN", "40", "2", "120")});
  EXPECT_EQ(totals.lost, 0U);
  const record::Executions begin{
      .text = "BEGIN", .calls = 40, .rows = 40, .least_us = 2, .mean_us = 3};
  const record::Executions sleeping{.text = wanted_statement(true),
                                    .calls = 40,
                                    .rows = 40,
                                    .least_us = 20'007,
                                    .mean_us = 20'250};
  EXPECT_THAT(totals.kinds, ElementsAre(begin, sleeping));
  EXPECT_EQ(calls_of(totals, "BEGIN"), 40U);
  EXPECT_EQ(calls_of(totals, "COMMIT"), 0U);
}

TEST(Statements, AreTheSameWhateverTheDriverMakesOfThem) {
  const std::string wanted = wanted_statement(true);
  EXPECT_TRUE(same_statement(wanted, wanted));
  EXPECT_TRUE(
      same_statement("select t.a,t.b from PG_SLEEP(?::float8), test t where t.a=?::int4", wanted));
  EXPECT_FALSE(same_statement("SELECT t.a, t.b FROM test t WHERE t.a = ?", wanted));
  EXPECT_FALSE(
      same_statement("SELECT t.a, t.b FROM pg_sleep(?), test t WHERE t.a = ? LIMIT ?", wanted));
  EXPECT_FALSE(same_statement("", wanted));
}

TEST(Statements, OfNobodyAreNone) {
  EXPECT_THAT(count_statements({}).kinds, IsEmpty());
}

TEST(Statements, CannotMoveTheCursorOfATerminal) {
  EXPECT_EQ(count_statements({row("SELECT \x1b[2J", "1", "1", "1")}).kinds.front().text,
            "SELECT \\x1b[2J");
}

TEST(Statements, ThatWereForgottenAreSaidToBe) {
  EXPECT_EQ(count_statements({row("a", "1", "1", "1", "7"), row("b", "1", "1", "1", "7")}).lost,
            7U);
}

TEST(Statements, OfManyKindsTheRareOnesAreOne) {
  Rows rows;
  for (int i = 0; i < 40; ++i) {
    const auto calls = std::to_string(100 - i);
    rows.push_back(row(("SELECT c" + std::to_string(i)).c_str(), calls.c_str(), "5", "1000"));
  }
  rows.push_back(row("SELECT last", "1", "3", "3"));
  const auto totals = count_statements(rows);
  ASSERT_EQ(totals.kinds.size(), statements_kept + 1);
  EXPECT_EQ(totals.kinds.front().text, "SELECT c0");
  const record::Executions& rest = totals.kinds.back();
  EXPECT_EQ(rest.text, other_statements);
  // 76, 75, … 61, and one.
  EXPECT_EQ(rest.calls, 16U * (76 + 61) / 2 + 1);
  EXPECT_EQ(rest.least_us, 3U);
}

}  // namespace
}  // namespace unrig::chain
