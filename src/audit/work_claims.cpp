#include "audit/work_claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/text.h"
#include "chain/pgbouncer.h"
#include "chain/statements.h"

namespace unrig::audit {
namespace {

constexpr int answered_well = 200;

Duration shortest_sleep(const Delays& seen) {
  return std::chrono::duration_cast<Duration>(seen.wanted * (1 - chain::clock_tolerance));
}

std::uint64_t count_in(const std::map<std::string, std::uint64_t>& counts,
                       const std::string& text) {
  const auto found = counts.find(text);
  return found == counts.end() ? 0 : found->second;
}

/// The statement that took longest at the least, of those that ran for every answer; null: none
/// did.
const std::pair<const std::string, Duration>* longest_of_all(const Delays& seen) {
  const std::pair<const std::string, Duration>* longest = nullptr;
  for (const auto& each : seen.least) {
    if (count_in(seen.statements, each.first) < static_cast<std::uint64_t>(seen.answers)) continue;
    if (longest == nullptr || each.second > longest->second) longest = &each;
  }
  return longest;
}

std::string all_that_ran(const Delays& seen) {
  std::vector<std::string> texts;
  for (const auto& [text, took] : seen.least) {
    texts.push_back(fmt::format("{} x {} ({} at least)", count_in(seen.statements, text),
                                printable(text), human(took)));
  }
  return texts.empty() ? "no statement" : join(texts, "; ");
}

}  // namespace

Delays delays_in(std::span<const chain::Reply> replies, Duration wanted, const PgTally& before,
                 const PgTally& after) {
  Delays seen{
      .wanted = wanted, .least = after.least, .readable = after.unreadable == before.unreadable};
  for (const auto& reply : replies) {
    if (!reply.complete() || reply.status != answered_well) continue;
    const Duration took = reply.ended - reply.began;
    seen.quickest = seen.answers == 0 ? took : std::min(seen.quickest, took);
    ++seen.answers;
  }
  for (const auto& [text, count] : after.statements) {
    const auto more = count - count_in(before.statements, text);
    if (more > 0) seen.statements.emplace(text, more);
  }
  return seen;
}

record::Claim delay_claim(const Delays& seen) {
  record::Claim claim{
      .claim = "delay",
      .expected = fmt::format("{} in the database for every request", human(seen.wanted))};
  if (seen.answers == 0) {
    claim.observed = "no request was answered";
    return claim;
  }
  if (seen.quickest < shortest_sleep(seen)) {
    claim.ok = false;
    claim.observed = fmt::format("an answer came after {}", human(seen.quickest));
    return claim;
  }
  if (!seen.readable) {
    claim.observed = "what the application says to its database cannot be read";
    return claim;
  }
  const auto* longest = longest_of_all(seen);
  claim.ok = longest != nullptr && longest->second >= shortest_sleep(seen);
  claim.observed = *claim.ok ? fmt::format("{} there at least, answers after {} at least",
                                           human(longest->second), human(seen.quickest))
                             : fmt::format("of {} answers: {}", seen.answers, all_that_ran(seen));
  return claim;
}

record::Claim query_claim(const record::Audit& audit) {
  const std::string wanted = chain::wanted_statement(true);
  record::Claim claim{.claim = "query", .expected = "once per request: " + wanted};
  const auto* hop = audit.hop("app");
  if (hop == nullptr || audit.requests == 0) {
    claim.observed = audit.not_made;
    return claim;
  }
  std::vector<std::string> texts;
  double runs = 0;
  for (const auto& statement : hop->statements) {
    if (chain::same_statement(statement.text, wanted)) runs += statement.per_request;
    texts.push_back(fmt::format("{:.3g} x {}", statement.per_request, statement.text));
  }
  claim.ok = std::lround(runs) == 1;
  claim.observed = *claim.ok       ? fmt::format("{:.3g} per request", runs)
                   : texts.empty() ? "no statement"
                                   : join(texts, "; ");
  return claim;
}

record::Claim connections_claim(const scenario::Scenario& scenario, int workers,
                                const record::Audit& audit) {
  const bool anew = scenario.db_connection == scenario::Connection::per_request;
  record::Claim claim{.claim = "connections",
                      .expected = anew ? "1 per request" : "none per request"};
  const auto* hop = audit.hop("app");
  if (hop == nullptr || audit.requests == 0) {
    claim.observed = audit.not_made;
    return claim;
  }
  claim.observed = fmt::format("{:.3g} per request", hop->connections);
  constexpr double nearly = 0.1;
  if (anew) {
    claim.ok = std::abs(hop->connections - 1) <= nearly;
    return claim;
  }
  // A worker that nobody has asked yet opens its first one when it is asked.
  const double opened = hop->connections * audit.requests;
  claim.ok = opened <= nearly * audit.requests;
  const bool pooled = scenario.db_connection == scenario::Connection::pooled;
  if (!*claim.ok && pooled && opened <= workers) {
    claim.ok.reset();
    claim.observed += fmt::format(": too few requests to tell of {} workers", workers);
  }
  return claim;
}

std::optional<Error> lost_statements(const PgTally& before, const PgTally& after,
                                     std::string_view pooler_version) {
  const auto unnamed = after.carried_unnamed - before.carried_unnamed;
  const auto named = after.left_named - before.left_named;
  const bool carries_named = chain::carries_prepared_statements(pooler_version);
  if (unnamed == 0 && (named == 0 || carries_named)) return std::nullopt;
  const bool names_help = !carries_named && unnamed == 0;
  return Error{
      ErrorKind::measurement,
      fmt::format("its driver prepares statements that outlive their transaction, and pgbouncer {} "
                  "with pooler.mode=transaction gives the next one another session, and this one "
                  "to others",
                  pooler_version),
      names_help ? "--set pooler.mode=session, or pgbouncer from 1.21 on, which carries them along"
                 : "--set pooler.mode=session"};
}

}  // namespace unrig::audit
