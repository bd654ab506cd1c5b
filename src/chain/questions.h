/// \file
/// The measured request as unrig asks it by itself: before a trial, to see that the stack is ready,
/// and when it looks at one. Its bytes are those of the load, so that nothing in a request tells
/// whether it is measured.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "chain/ask.h"
#include "host/endpoint.h"
#include "http/request.h"
#include "scenario/scenario.h"
#include "stack/request.h"

namespace unrig::chain {

inline constexpr std::string_view measured_path = "/test";

/// "/test?a=0000000123"; without a key "/test".
[[nodiscard]] std::string path_for(std::optional<std::uint32_t> key);

class Questions {
 public:
  /// `front`: where the clients ask, and so what they name as the host. `keys`: draws the rows,
  /// where requests name them. `own`: of the stack, what is measured instead of a row.
  Questions(const scenario::Scenario& scenario, host::Endpoint front, RandomStream keys,
            std::optional<stack::OwnRequest> own = {});

  /// The next one as the clients send it to the front. A path, unless it is the measured one's, is
  /// asked for as it is, with GET; empty: the measured request.
  [[nodiscard]] Question to_front(std::string_view path = {});
  /// The next one as it reaches the application: what the proxy makes of it, where there is one.
  [[nodiscard]] Question to_application(std::string_view path = {});

 private:
  struct Next {
    http::Request request;
    std::optional<std::uint32_t> key;
  };
  [[nodiscard]] Next next(std::string_view path);

  std::optional<stack::OwnRequest> own_;
  bool names_rows_;
  bool clients_keep_alive_;
  bool has_proxy_;
  bool proxy_keeps_alive_;
  scenario::ProxyProtocol protocol_;
  host::Endpoint front_;
  RandomStream keys_;
};

}  // namespace unrig::chain
