/// \file
/// One HTTP/1.1 request as the bytes that go on the wire. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace unrig::http {

/// Whether a request may be sent again when nobody knows what became of it (RFC 9110, 9.2.2).
[[nodiscard]] bool may_be_repeated(std::string_view method);

struct Request {
  std::string method = "GET";
  std::string path = "/";  ///< with the query
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
};

/// For people: "POST /users".
[[nodiscard]] std::string name_of(const Request& request);

/// Whether it says how long its body is: servers may insist on it for some methods even when that
/// is empty (RFC 9110, 8.6).
[[nodiscard]] bool has_length(const Request& request);

/// Request line, Host (unless `headers` has one), the headers in their order, Content-Length where
/// there is a body or the method is expected to have one, "Connection: close" unless
/// `keep_alive`, and the body. Error: usage, for a method, path or header that would not arrive as
/// it was written (blanks, control bytes), that unrig sets by itself (Content-Length,
/// Transfer-Encoding, Connection), or whose answer is no answer (CONNECT).
[[nodiscard]] Result<std::string> to_bytes(const Request& request, std::string_view authority,
                                           bool keep_alive);

}  // namespace unrig::http
