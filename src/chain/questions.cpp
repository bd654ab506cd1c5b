#include "chain/questions.h"

#include <fmt/format.h>

#include <utility>

#include "chain/nginx.h"
#include "chain/row.h"
#include "http/request.h"

namespace unrig::chain {
namespace {

std::string with_key(std::string_view path, std::optional<std::uint32_t> key) {
  return key ? path_for(key) : std::string(path);
}

}  // namespace

std::string path_for(std::optional<std::uint32_t> key) {
  if (!key) return std::string(measured_path);
  return fmt::format("{}?a={:0{}}", measured_path, *key, key_digits);
}

Questions::Questions(const scenario::Scenario& scenario, host::Endpoint front, RandomStream keys)
    : names_rows_(scenario.app_key == scenario::AppKey::request),
      clients_keep_alive_(scenario.client_keep_alive),
      has_proxy_(scenario.proxy_enabled),
      proxy_keeps_alive_(scenario.proxy_keep_alive),
      protocol_(scenario.proxy_protocol),
      front_(std::move(front)),
      keys_(keys) {}

Question Questions::to_front(std::string_view path) {
  const auto key = draw(path);
  const http::Request request{.path = with_key(path, key)};
  return {.bytes = http::to_bytes(request, front_.text(), clients_keep_alive_).value(), .key = key};
}

Question Questions::to_application(std::string_view path) {
  if (!has_proxy_) return to_front(path);
  const auto key = draw(path);
  return {.bytes = proxied_request(with_key(path, key), front_, protocol_, proxy_keeps_alive_),
          .key = key};
}

std::optional<std::uint32_t> Questions::draw(std::string_view path) {
  if (!names_rows_ || path != measured_path) return std::nullopt;
  return static_cast<std::uint32_t>(keys_.below(row_count));
}

}  // namespace unrig::chain
