#include "chain/statements.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <span>

#include "base/text.h"
#include "chain/postgres.h"

namespace unrig::chain {
namespace {

/// Of a statement's text; what differs behind them is one kind.
constexpr int text_kept = 400;

/// Blanks become one, and what stands for a value ($1) becomes ?.
std::string without_values(std::string_view statement) {
  const auto is_digit = [&](std::size_t at) {
    return at < statement.size() && statement[at] >= '0' && statement[at] <= '9';
  };
  std::string text;
  bool blank = false;
  for (std::size_t i = 0; i < statement.size(); ++i) {
    const char c = statement[i];
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      blank = true;
      continue;
    }
    if (blank && !text.empty()) text += ' ';
    blank = false;
    if (c == '$' && is_digit(i + 1)) {
      while (is_digit(i + 1)) ++i;
      text += '?';
    } else {
      text += c;
    }
  }
  return printable(text);
}

/// Without blanks, in lower case, and without what casts a value.
std::string bare(std::string_view statement) {
  std::string text;
  for (const char c : statement) {
    if (c != ' ') text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  constexpr std::string_view cast = "?::";
  for (auto at = text.find(cast); at != std::string::npos; at = text.find(cast, at)) {
    auto end = at + cast.size();
    while (end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) {
      ++end;
    }
    text.erase(at + 1, end - at - 1);
    ++at;
  }
  return text;
}

/// Sums of the executions of several kinds.
class Sum {
 public:
  void add(std::uint64_t calls, std::uint64_t rows, std::uint64_t least_us, double total_us) {
    least_us_ = calls_ == 0 ? least_us : std::min(least_us_, least_us);
    calls_ += calls;
    rows_ += rows;
    total_us_ += total_us;
  }
  [[nodiscard]] record::Executions named(std::string text) const {
    const double mean_us = calls_ == 0 ? 0 : total_us_ / static_cast<double>(calls_);
    return {.text = std::move(text),
            .calls = calls_,
            .rows = rows_,
            .least_us = least_us_,
            .mean_us = mean_us};
  }

 private:
  std::uint64_t calls_ = 0, rows_ = 0, least_us_ = 0;
  double total_us_ = 0;
};

}  // namespace

std::string wanted_statement(bool with_delay) {
  return with_delay ? "SELECT t.a, t.b FROM pg_sleep(?), test t WHERE t.a = ?"
                    : "SELECT t.a, t.b FROM test t WHERE t.a = ?";
}

bool same_statement(std::string_view seen, std::string_view wanted) {
  return bare(seen) == bare(wanted);
}

std::string statements_sql() {
  // Cut, but not rounded up: a sleep must not look longer than it was.
  return fmt::format(
      "SELECT left(query, {}) AS text, sum(calls) AS calls, sum(rows) AS rows,"
      " floor(1000 * min(min_exec_time))::bigint AS least_us,"
      " floor(1000 * sum(total_exec_time))::bigint AS total_us,"
      " (SELECT dealloc FROM pg_stat_statements_info) AS lost"
      " FROM pg_stat_statements"
      " WHERE dbid = (SELECT oid FROM pg_database WHERE datname = '{}')"
      " AND userid = (SELECT oid FROM pg_roles WHERE rolname = '{}') GROUP BY 1",
      text_kept, database_name, application_role);
}

StatementTotals count_statements(const Rows& rows) {
  StatementTotals totals;
  std::map<std::string, Sum> sums;
  for (const auto& row : rows) {
    totals.lost = std::max(totals.lost, number(row, "lost"));
    const auto found = row.find("text");
    const auto text = found == row.end() ? std::string() : without_values(found->second);
    sums[text].add(number(row, "calls"), number(row, "rows"), number(row, "least_us"),
                   static_cast<double>(number(row, "total_us")));
  }
  for (const auto& [text, sum] : sums) totals.kinds.push_back(sum.named(text));
  std::ranges::stable_sort(totals.kinds, std::greater{}, &record::Executions::calls);
  if (totals.kinds.size() <= statements_kept) return totals;
  Sum others;
  for (const auto& kind : std::span(totals.kinds).subspan(statements_kept)) {
    others.add(kind.calls, kind.rows, kind.least_us,
               kind.mean_us * static_cast<double>(kind.calls));
  }
  totals.kinds.resize(statements_kept);
  totals.kinds.push_back(others.named(std::string(other_statements)));
  return totals;
}

std::uint64_t calls_of(const StatementTotals& totals, std::string_view text) {
  const auto found = std::ranges::find(totals.kinds, text, &record::Executions::text);
  return found == totals.kinds.end() ? 0 : found->calls;
}

}  // namespace unrig::chain
