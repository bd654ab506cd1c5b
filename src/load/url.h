/// \file
/// Where to send requests, as users write it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "load/load.h"

namespace unrig::load {

struct Url {
  bool tls = false;  ///< https
  std::string host;  ///< a name or an address, IPv6 without brackets
  int port = 80;
  std::string path = "/";  ///< with the query, without the fragment
  /// "host", "host:8080", "[::1]:8080": without the port where it is the scheme's own.
  [[nodiscard]] std::string authority() const;
};

/// "http://HOST[:PORT][/PATH][?QUERY]", or https. Error: usage, with what to write instead.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

/// The address of the host; of several, the first_reachable. May ask a name server, and so take
/// seconds. Error: usage, when there is none.
[[nodiscard]] Result<Address> resolve(const Url& url);

/// The first that takes a connection, which is closed again; the first of all when none does within
/// a second. Names like localhost have several addresses, and many servers listen on one of them.
/// `candidates`: at least one.
[[nodiscard]] Address first_reachable(std::span<const Address> candidates);

}  // namespace unrig::load
