#include "chain/questions.h"

#include <fmt/format.h>

#include <utility>

#include "chain/nginx.h"
#include "chain/row.h"
#include "http/request.h"

namespace unrig::chain {
std::string path_for(std::optional<std::uint32_t> key) {
  if (!key) return std::string(measured_path);
  return fmt::format("{}?a={:0{}}", measured_path, *key, key_digits);
}

Questions::Questions(const scenario::Scenario& scenario, host::Endpoint front, RandomStream keys,
                     std::optional<stack::OwnRequest> own)
    : own_(std::move(own)),
      names_rows_(scenario.app_key == scenario::AppKey::request),
      clients_keep_alive_(scenario.client_keep_alive),
      has_proxy_(scenario.proxy_enabled),
      proxy_keeps_alive_(scenario.proxy_keep_alive),
      protocol_(scenario.proxy_protocol),
      front_(std::move(front)),
      keys_(keys) {}

Question Questions::to_front(std::string_view path) {
  const auto [request, key] = next(path);
  return {.bytes = http::to_bytes(request, front_.text(), clients_keep_alive_).value(), .key = key};
}

Question Questions::to_application(std::string_view path) {
  if (!has_proxy_) return to_front(path);
  const auto [request, key] = next(path);
  return {.bytes = proxied_request(request, front_, protocol_, proxy_keeps_alive_), .key = key};
}

Questions::Next Questions::next(std::string_view path) {
  if (own_ && path.empty()) return {.request = own_->request, .key = {}};
  const bool is_measured = !own_ && (path.empty() || path == measured_path);
  if (!is_measured) return {.request = {.path = std::string(path)}, .key = {}};
  std::optional<std::uint32_t> key;
  if (names_rows_) key = static_cast<std::uint32_t>(keys_.below(row_count));
  return {.request = {.path = path_for(key)}, .key = key};
}

}  // namespace unrig::chain
