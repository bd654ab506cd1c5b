/// \file
/// What PostgreSQL itself counts of the statements that the application runs (its module
/// pg_stat_statements): how often, and how long each took within the database. The application's
/// role can change none of that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chain/session.h"
#include "record/record.h"

namespace unrig::chain {

/// The statement that each request runs once (docs/application.md), its values taken out.
[[nodiscard]] std::string wanted_statement(bool with_delay);
/// Whether it says the same, both with their values taken out: blanks, upper and lower case, and
/// casts of values ("?::int4") differ from driver to driver.
[[nodiscard]] bool same_statement(std::string_view seen, std::string_view wanted);

/// Of the query's sleep, by which the clocks of all who time it may be apart.
inline constexpr double clock_tolerance = 0.01;

/// Different statements that PostgreSQL has room for. Honest applications have a handful.
inline constexpr int statement_room = 1000;
/// Of these so many are kept in records by themselves: those that ran most often.
inline constexpr std::size_t statements_kept = 24;
inline constexpr std::string_view other_statements = "(other statements)";

struct StatementTotals {
  std::vector<record::Executions> kinds;  ///< by text, the most frequent first
  /// How often PostgreSQL had no room for another kind, and forgot some.
  std::uint64_t lost = 0;
};

/// The question, for a session of the database `postgres` that may see what others do.
[[nodiscard]] std::string statements_sql();
/// What its answer says. Statements that differ in their values and blanks alone are one; so are
/// those that PostgreSQL tells apart by the types of their values.
[[nodiscard]] StatementTotals count_statements(const Rows& rows);
/// Of these, executions of that text.
[[nodiscard]] std::uint64_t calls_of(const StatementTotals& totals, std::string_view text);

}  // namespace unrig::chain
