#include "http/request.h"

#include <fmt/format.h>

#include "base/text.h"
#include "http/text.h"

namespace unrig::http {
namespace {

bool is_method(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token);
}

bool is_path(std::string_view text) {
  const auto visible = [](char c) { return is_value(c) && c != ' ' && c != '\t'; };
  return !text.empty() && std::ranges::all_of(text, visible);
}

Result<> check(const Request& request) {
  if (!is_method(request.method)) {
    return fail(ErrorKind::usage, fmt::format("'{}' is not a method", printable(request.method)),
                "a method is one word, like GET or POST");
  }
  if (request.method == "CONNECT") {
    return fail(ErrorKind::usage, "CONNECT asks for a tunnel, and its answer has no end to measure",
                "ask with GET, POST or another method that has an answer");
  }
  if (!is_path(request.path)) {
    return fail(ErrorKind::usage, fmt::format("'{}' is not a path", printable(request.path)),
                "write blanks and control characters as %20, %0A, …");
  }
  for (const auto& [name, value] : request.headers) {
    if (!is_method(name) || !std::ranges::all_of(value, is_value)) {
      return fail(ErrorKind::usage, fmt::format("'{}: …' is not a header", printable(name)),
                  "write it as 'Name: value'");
    }
    for (const std::string_view own : {"content-length", "transfer-encoding", "connection"}) {
      if (same_word(name, own)) {
        return fail(ErrorKind::usage, fmt::format("the header '{}' is set by unrig", name),
                    "it follows from the body and from --no-keep-alive");
      }
    }
  }
  return {};
}

}  // namespace

std::string name_of(const Request& request) {
  return request.method + " " + request.path;
}

bool has_length(const Request& request) {
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
         request.method == "PATCH";
}

bool may_be_repeated(std::string_view method) {
  static constexpr std::string_view idempotent[] = {"GET", "HEAD",   "OPTIONS",
                                                    "PUT", "DELETE", "TRACE"};
  return std::ranges::find(idempotent, method) != std::end(idempotent);
}

Result<std::string> to_bytes(const Request& request, std::string_view authority, bool keep_alive) {
  if (auto checked = check(request); !checked) return std::unexpected(checked.error());
  std::string bytes = fmt::format("{} {} HTTP/1.1\r\n", request.method, request.path);
  const bool names_host = std::ranges::any_of(
      request.headers, [](const auto& header) { return same_word(header.first, "host"); });
  if (!names_host) bytes += fmt::format("Host: {}\r\n", authority);
  for (const auto& [name, value] : request.headers) bytes += fmt::format("{}: {}\r\n", name, value);
  if (has_length(request)) bytes += fmt::format("Content-Length: {}\r\n", request.body.size());
  if (!keep_alive) bytes += "Connection: close\r\n";
  bytes += "\r\n";
  bytes += request.body;
  return bytes;
}

}  // namespace unrig::http
