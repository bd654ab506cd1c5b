#include "audit/hops.h"

#include <algorithm>
#include <sstream>

#include "base/number.h"
#include "base/text.h"

namespace unrig::audit {

record::Hop hop_between(std::string from, std::string to, const TapCounts& before,
                        const TapCounts& after, int requests) {
  const auto each = [&](std::uint64_t first, std::uint64_t last) {
    return static_cast<double>(last - first) / requests;
  };
  record::Hop hop{.from = std::move(from),
                  .to = std::move(to),
                  .connections = each(before.connections, after.connections),
                  .bytes_forth = each(before.bytes_forth, after.bytes_forth),
                  .bytes_back = each(before.bytes_back, after.bytes_back)};
  if (after.postgres.round_trips == 0) return hop;  // another protocol, or nothing was said
  hop.round_trips = each(before.postgres.round_trips, after.postgres.round_trips);
  hop.transactions = each(before.postgres.transactions, after.postgres.transactions);
  for (const auto& [text, count] : after.postgres.statements) {
    const auto earlier = before.postgres.statements.find(text);
    const auto first = earlier == before.postgres.statements.end() ? 0 : earlier->second;
    // Statements come from the network: nothing in them may reach a terminal as it is.
    if (count > first) hop.statements.push_back({printable(text), each(first, count)});
  }
  std::ranges::stable_sort(hop.statements, std::greater{}, &record::StatementCount::per_request);
  return hop;
}

std::vector<std::pair<std::string, double>> parse_strace(std::string_view table) {
  constexpr std::size_t calls_column = 3;  // % time, seconds, usecs/call, calls[, errors], syscall
  std::vector<std::pair<std::string, double>> calls;
  for (const auto& line : split(table, '\n')) {
    std::istringstream words(line);
    std::vector<std::string> row;
    for (std::string word; words >> word;) row.push_back(word);
    if (row.size() < calls_column + 2 || row.back() == "total") continue;
    const auto count = to_number<unsigned long>(row[calls_column]);
    if (count) calls.emplace_back(printable(row.back()), static_cast<double>(*count));
  }
  std::ranges::stable_sort(calls, std::greater{}, &std::pair<std::string, double>::second);
  return calls;
}

}  // namespace unrig::audit
