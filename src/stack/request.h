/// \file
/// What a stack is asked for where it serves an application of somebody's own, and what a right
/// answer is: the table `[request]` of its stack.toml.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/expect.h"
#include "http/request.h"

namespace unrig::stack {

struct OwnRequest {
  http::Request request;
  http::Expectation expect;

  /// "GET /users/7: status 200, user.id=7". Without headers and body, which may hold secrets.
  [[nodiscard]] std::string text() const { return name_of(request) + ": " + to_text(expect); }
};

/// The status of a right answer; `own` not set: of unrig's application.
[[nodiscard]] inline int right_status(const std::optional<OwnRequest>& own) {
  return own ? own->expect.status : http::Expectation{}.status;
}

/// Why nothing is known of the rows, statements and connections of such an application.
inline constexpr std::string_view own_database =
    "the application's database, if it has one, is none of unrig's";

}  // namespace unrig::stack
