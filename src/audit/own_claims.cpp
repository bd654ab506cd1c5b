#include "audit/own_claims.h"

#include <fmt/format.h>

#include "audit/asking.h"
#include "audit/claims.h"
#include "audit/points.h"

namespace unrig::audit {

std::string refusal_of(const chain::Reply& reply, const http::Expectation& expect) {
  auto failure = failure_of(reply, expect.status);
  return failure.empty() ? expect.refusal(reply.body) : failure;
}

std::string answer_shown(const chain::Reply& reply) {
  constexpr std::size_t shown = 200;
  if (!reply.complete()) return reply.failure;
  return fmt::format("status {}: {}", reply.status,
                     reply.body.empty() ? "no body" : bytes_shown(reply.body, shown));
}

record::Claim answer_claim(std::span<const chain::Reply> replies, const http::Expectation& expect) {
  record::Claim claim{.claim = "answer", .expected = to_text(expect)};
  if (replies.empty()) {
    claim.observed = "no request was answered";
    return claim;
  }
  for (const auto& reply : replies) {
    const auto why = refusal_of(reply, expect);
    if (why.empty()) continue;
    claim.ok = false;
    claim.observed = fmt::format("{}; {}", why, answer_shown(reply));
    return claim;
  }
  claim.ok = true;
  claim.observed = fmt::format("so in {0} of {0} answers{1}", replies.size(),
                               expect.of_body() ? "" : ", of whose bodies nothing is expected");
  return claim;
}

std::vector<record::Claim> own_database_claims() {
  std::vector<record::Claim> claims;
  for (const char* what : {"statements", "query", "delay", "connections"}) {
    claims.push_back({.claim = what,
                      .expected = std::string(none_claimed),
                      .observed = std::string(stack::own_database)});
  }
  return claims;
}

}  // namespace unrig::audit
