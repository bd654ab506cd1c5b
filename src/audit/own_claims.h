/// \file
/// What is said of a stack that serves an application of somebody's own (stack::OwnRequest): its
/// answers are held against what it expects of them, and of its database nothing is seen. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chain/ask.h"
#include "record/record.h"
#include "stack/request.h"

namespace unrig::audit {

/// Why nothing is known of its rows, statements and connections.
inline constexpr std::string_view own_database =
    "the application's database, if it has one, is none of unrig's";

/// "POST /users"
[[nodiscard]] std::string name_of(const http::Request& request);
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
