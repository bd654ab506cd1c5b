#include "http.h"

#include <cstdio>
#include <string>
#include <utility>

namespace application {
namespace {

namespace http = boost::beast::http;

Response response(const Request& request, http::status status, std::string body) {
  Response made(status, request.version());
  made.keep_alive(request.keep_alive());
  made.content_length(body.size());
  if (request.method() != http::verb::head) made.body() = std::move(body);
  return made;
}

/// The first `a` in "b=1&a=2&…".
std::optional<std::string_view> a_in(std::string_view query) {
  constexpr std::string_view name = "a=";
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    if (part.starts_with(name)) return part.substr(name.size());
    query.remove_prefix(part.size() == query.size() ? part.size() : part.size() + 1);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Asked> asked_in(const Request& request) {
  if (request.method() != http::verb::get && request.method() != http::verb::head)
    return std::nullopt;
  const std::string_view target(request.target().data(), request.target().size());
  const auto path = target.substr(0, target.find('?'));
  if (path != "/test") return std::nullopt;
  const auto query = path.size() == target.size() ? "" : target.substr(path.size() + 1);
  return Asked{.a = a_in(query)};
}

Response found(const Request& request, const Row& row) {
  Response made = response(request, http::status::ok, body(row));
  made.set(http::field::content_type, "application/json");
  return made;
}

Response not_found(const Request& request) {
  return response(request, http::status::not_found, "");
}

Response failed(const Request& request, const std::exception& error) {
  std::fprintf(stderr, "a request failed: %s\n", error.what());
  return response(request, http::status::internal_server_error, "");
}

}  // namespace application
