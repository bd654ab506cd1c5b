/// \file
/// What is said of a stack that serves an application of somebody's own (stack::OwnRequest): its
/// answers are held against what it expects of them, and of its database nothing is seen. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "chain/ask.h"
#include "record/record.h"
#include "stack/request.h"

namespace unrig::audit {

/// Why it is not the answer that is expected, in words; "" where it is.
[[nodiscard]] std::string refusal_of(const chain::Reply& reply, const http::Expectation& expect);
/// The beginning of what came, for people: "status 200: {\"id\": 8}".
[[nodiscard]] std::string answer_shown(const chain::Reply& reply);

/// Every answer is as it is expected.
[[nodiscard]] record::Claim answer_claim(std::span<const chain::Reply> replies,
                                         const http::Expectation& expect);
/// What is claimed of others' work in the database, and cannot be of this: each not checked.
[[nodiscard]] std::vector<record::Claim> own_database_claims();

}  // namespace unrig::audit
