#include "audit/claims.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <tuple>

#include "audit/points.h"
#include "base/text.h"
#include "chain/questions.h"
#include "chain/row.h"

namespace unrig::audit {
namespace {

using record::Claim;
using scenario::Concurrency;

Claim not_checked(std::string claim, std::string expected, std::string why) {
  return {std::move(claim), std::move(expected), std::move(why), std::nullopt};
}

std::string joined(const std::set<std::string>& names) {
  return join(std::vector<std::string>(names.begin(), names.end()), ", ");
}

std::string waits(const Concurrent& seen) {
  return fmt::format("{} requests to {} processes took {:.1f} delays, {} statements at once",
                     seen.requests, seen.processes, seen.delays, seen.statements);
}

bool together(const Concurrent& seen) {
  return seen.statements >= least_statements_together * seen.processes * seen.threads_each;
}

/// Whether the processes were waiting for the database most of the time, one request each.
bool occupied(const Concurrent& seen) {
  return seen.requests >= least_occupied * seen.processes * seen.delays;
}

/// Whether of each process one statement was seen under way, as long as nothing was answered.
bool each_had_one(const Concurrent& seen) {
  return std::ssize(seen.each) == seen.processes &&
         std::ranges::all_of(seen.each, [](int most) { return most == 1; });
}

/// What a strained machine may have done is not the stack's.
Claim excused(Claim claim, const Concurrent& seen) {
  claim.ok.reset();
  claim.observed = fmt::format("{}, while {}", waits(seen), seen.strain);
  return claim;
}

/// Whether the try shows what a stack of that model is to show.
bool holds_at_once(Concurrency concurrency, const Concurrent& seen) {
  const auto yields = yields_claim(concurrency, seen);
  return concurrency_claim(concurrency, seen).ok == true && (!yields || yields->ok == true);
}

/// Many together may hide one that serves in line: each has to show that it does not.
void hold_against_each(const Concurrent& seen, Claim& claim) {
  if (claim.ok != true || seen.processes == 1) return;
  const auto blocked = std::ranges::count(seen.each, 1);
  const auto known = std::ranges::count_if(seen.each, [](int most) { return most > 1; });
  if (blocked > 0) {
    claim.ok = false;
    claim.observed += fmt::format("; {} of {} workers had one statement at a time, asked alone too",
                                  blocked, seen.processes);
  } else if (known < seen.processes) {
    claim.ok.reset();
    claim.observed = seen.each.empty() ? "whose statements they are is not known"
                                       : fmt::format("of {} of {} workers no statement was seen",
                                                     seen.processes - known, seen.processes);
  }
}

}  // namespace

void mark_claimed(std::vector<Claim>& claims) {
  for (Claim& claim : claims) claim.claimed = claim.expected != none_claimed;
}

Claim concurrency_claim(Concurrency concurrency, const Concurrent& seen) {
  Claim claim{.claim = "concurrency", .observed = waits(seen)};
  if (!seen.not_made.empty())
    return not_checked(claim.claim, std::string(none_claimed), seen.not_made);
  if (seen.failed > 0) {
    claim.expected = std::string(scenario::to_text(concurrency));
    return not_checked(
        claim.claim, claim.expected,
        fmt::format("{} of {} requests failed: {}", seen.failed, seen.requests, seen.failure));
  }
  switch (concurrency) {
    case Concurrency::sync:
      claim.expected = fmt::format("one at a time: about {} delays", requests_per_process);
      // None of these can come of a busy machine where it is not so.
      claim.ok = seen.delays >= least_delays_in_line && seen.statements <= seen.processes &&
                 std::ranges::all_of(seen.each, [](int most) { return most <= 1; });
      if (*claim.ok && !seen.strain.empty() && !occupied(seen) && !each_had_one(seen))
        return excused(std::move(claim), seen);
      return claim;
    case Concurrency::threads:
      claim.expected = fmt::format("several at a time: fewer than {} delays", requests_per_process);
      claim.ok = seen.delays < least_delays_in_line || together(seen);
      hold_against_each(seen, claim);
      break;
    case Concurrency::async_coroutine:
    case Concurrency::async_greenlet:
    case Concurrency::event_loop:
    case Concurrency::goroutines:
    case Concurrency::virtual_threads:
      claim.expected = "all at a time: about 1 delay";
      claim.ok = seen.delays <= most_delays_together || together(seen);
      hold_against_each(seen, claim);
      break;
  }
  if (claim.ok == false && !seen.strain.empty()) return excused(std::move(claim), seen);
  return claim;
}

std::optional<Claim> yields_claim(Concurrency concurrency, const Concurrent& seen) {
  if (!scenario::is_async(concurrency)) return std::nullopt;
  Claim claim = concurrency_claim(concurrency, seen);
  claim.claim = "driver yields";
  if (claim.expected != none_claimed)
    claim.expected = "while the database works, the process sends more";
  if (claim.ok && seen.statements > 0) claim.ok = *claim.ok && together(seen);
  if (claim.ok == false && !seen.strain.empty()) return excused(std::move(claim), seen);
  if (claim.ok) {
    claim.observed =
        fmt::format("{}: {} statements of {} processes at once",
                    *claim.ok ? "it does" : "it blocks", seen.statements, seen.processes);
    if (const auto blocked = std::ranges::count(seen.each, 1); !*claim.ok && blocked > 0)
      claim.observed += fmt::format(", and of {} of them never more than one", blocked);
  }
  return claim;
}

bool says_more(Concurrency concurrency, const Concurrent& a, const Concurrent& b) {
  const auto rank = [&](const Concurrent& seen) {
    const int worth = holds_at_once(concurrency, seen) ? 0 : seen.strain.empty() ? 1 : 2;
    return std::tuple(seen.failed, worth, seen.delays);
  };
  return rank(a) < rank(b);
}

bool is_to_be_tried_again(Concurrency concurrency, const Concurrent& best, int tries) {
  constexpr int fair_tries = 3;
  if (holds_at_once(concurrency, best)) return false;
  // In line once is in line: nothing makes one worker serve faster than one after the other.
  const auto held = concurrency_claim(concurrency, best).ok;
  if (concurrency == Concurrency::sync && held == false) return false;
  // Whose statements they are nobody knows the next time, either.
  if (!held && best.failed == 0 && best.strain.empty()) return false;
  return tries < (best.strain.empty() ? fair_tries : most_tries);
}

Claim body_claim(std::span<const chain::Reply> replies, const chain::RowRule& rule) {
  Claim claim{.claim = "body",
              .expected = R"({"a": "<10 digits>", "b": "<20 digits of the table's row>"})",
              .ok = !replies.empty()};
  for (const auto& reply : replies) {
    constexpr int ok = 200;
    const bool whole = reply.complete() && reply.status == ok;
    if (whole && chain::body_is_right(reply.body, reply.key, rule)) continue;
    claim.ok = false;
    claim.observed = !reply.complete()    ? printable(reply.failure)
                     : reply.status != ok ? fmt::format("status {}", reply.status)
                                          : bytes_shown(reply.body);
    // By itself it looks right.
    if (whole && reply.key && chain::body_is_right(reply.body, {}, rule))
      claim.observed += fmt::format(" where {} was asked for", chain::path_for(reply.key));
    return claim;
  }
  claim.observed = fmt::format("so in {} of {} answers", replies.size(), replies.size());
  return claim;
}

Claim content_type_claim(std::span<const chain::Reply> replies) {
  Claim claim{.claim = "content type", .expected = std::string(content_type)};
  std::set<std::string> found;
  for (const auto& reply : replies) {
    if (!reply.complete()) continue;
    const auto type = reply.field("Content-Type");
    found.insert(type.empty() ? "none" : bytes_shown(type));
  }
  if (found.empty()) return not_checked(claim.claim, claim.expected, "no complete answer");
  claim.observed = joined(found);
  claim.ok = found == std::set<std::string>{claim.expected};
  return claim;
}

Claim role_claim(const Result<std::string>& changed) {
  Claim claim{.claim = "role", .expected = "left as it was made"};
  if (!changed) return not_checked(claim.claim, claim.expected, changed.error().what);
  claim.ok = changed->empty();
  claim.observed = *claim.ok ? "it is" : "changed: " + *changed;
  return claim;
}

std::optional<int> expected_statements(const stack::StackSpec& spec,
                                       const scenario::Scenario& scenario) {
  constexpr int begin_and_commit = 2;
  const std::string_view driver = spec.driver;
  if (scenario.db_connection == scenario::Connection::none) return 0;
  if (spec.statements) return spec.statements;
  if (driver == "psycopg2" || driver == "psycopg3")
    return 1 + (scenario.driver_transaction ? begin_and_commit : 0);
  const bool asks_anew = scenario.db_connection == scenario::Connection::per_request;
  if (driver == "aiopg") return 1 + (scenario.driver_hstore && asks_anew ? 1 : 0);
  if (driver == "asyncpg") return 1;
  return std::nullopt;
}

Claim statements_claim(const stack::StackSpec& spec, const scenario::Scenario& scenario,
                       const record::Audit& audit) {
  const auto expected = expected_statements(spec, scenario);
  Claim claim{
      .claim = "statements",
      .expected = expected ? fmt::format("{} per request", *expected) : std::string(none_claimed)};
  const auto* hop = audit.hop("app");
  if (hop == nullptr || audit.requests == 0)
    return not_checked(claim.claim, claim.expected, audit.not_made);
  const double seen = hop->statements_per_request();
  claim.observed = fmt::format("{:.3g} per request", seen);
  // Rounded: a keep-alive of the driver's own must not count as a statement of every request.
  if (expected) claim.ok = std::lround(seen) == *expected;
  if (claim.ok == false) {
    std::vector<std::string> texts;
    for (const auto& statement : hop->statements)
      texts.push_back(fmt::format("{:.3g} x {}", statement.per_request, statement.text));
    claim.observed += ": " + join(texts, "; ");
  }
  return claim;
}

}  // namespace unrig::audit
