/// \file
/// What a stack is asked for where it serves an application of somebody's own, and what a right
/// answer is: the table `[request]` of its stack.toml.
#pragma once

#include <string>

#include "http/expect.h"
#include "http/request.h"

namespace unrig::stack {

struct OwnRequest {
  http::Request request;
  http::Expectation expect;

  /// "GET /users/7: status 200, user.id=7". Without headers and body, which may hold secrets.
  [[nodiscard]] std::string text() const {
    return request.method + " " + request.path + ": " + to_text(expect);
  }
};

}  // namespace unrig::stack
