#include "record/record.h"

namespace unrig::record {

double Hop::statements_per_request() const {
  double sum = 0;
  for (const auto& statement : statements) sum += statement.per_request;
  return sum;
}

const Hop* Audit::hop(std::string_view from) const {
  for (const Hop& hop : hops) {
    if (hop.from == from) return &hop;
  }
  return nullptr;
}

std::vector<std::string> Cell::false_claims() const {
  std::vector<std::string> found;
  for (const Claim& claim : claims) {
    if (claim.ok == false)
      found.push_back(claim.claim + ": expected " + claim.expected + ", observed " +
                      claim.observed);
  }
  return found;
}

}  // namespace unrig::record
