#include "load/url.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/number.h"
#include "base/text.h"
#include "http/text.h"
#include "load/transport.h"

namespace unrig::load {
namespace {

constexpr int http_port = 80;
constexpr int https_port = 443;

std::unexpected<Error> bad_url(std::string_view text, std::string_view why, std::string help) {
  return fail(ErrorKind::usage, fmt::format("'{}' is not a URL: {}", printable(text), why),
              std::move(help));
}

/// "fe80::1" of "fe80::1%eth0".
std::string_view without_zone(std::string_view host) {
  return host.substr(0, host.find('%'));
}

/// Of "eth0" or "2"; 0: there is none.
unsigned zone_number(const std::string& zone) {
  if (const unsigned index = if_nametoindex(zone.c_str()); index != 0) return index;
  return to_number<unsigned>(zone).value_or(0);
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

/// Splits "host:port" or "[address]:port"; false when it is neither.
bool split_authority(std::string_view authority, std::string_view& host, std::string_view& port) {
  std::size_t host_end = authority.find(':');
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return false;
    host = authority.substr(1, bracket - 1);
    host_end = bracket + 1;
    in6_addr ignored;
    const std::string address(without_zone(host));
    if (inet_pton(AF_INET6, address.c_str(), &ignored) != 1) return false;
  } else {
    host = authority.substr(0, host_end);
    if (host.empty() || !std::ranges::all_of(host, is_host_character)) return false;
  }
  port = {};
  if (host_end >= authority.size()) return true;
  if (authority[host_end] != ':') return false;
  port = authority.substr(host_end + 1);
  return true;  // it may be empty (RFC 3986, 3.2.3)
}

bool starts_with_word(std::string_view text, std::string_view word) {
  return http::same_word(text.substr(0, word.size()), word);
}

std::unexpected<Error> unix_socket(std::string_view text) {
  return bad_url(text, "unrig sends over TCP, not to Unix sockets",
                 "let the server listen on a port of 127.0.0.1 as well, or put a proxy before it");
}

/// A text without "://": what it may have been meant to be.
std::unexpected<Error> no_scheme(std::string_view text) {
  if (starts_with_word(text, "unix:") || text.starts_with('/')) return unix_socket(text);
  std::string meant = "http://" + std::string(text);
  for (const std::string_view scheme : {"https", "http"}) {
    if (!starts_with_word(text, scheme)) continue;
    const std::size_t rest = text.find_first_not_of(":/\\", scheme.size());
    if (rest == scheme.size() || rest == std::string_view::npos) continue;
    meant = fmt::format("{}://{}", scheme, text.substr(rest));
    break;
  }
  const bool would_do = parse_url(meant).has_value();
  return bad_url(text, "it has no scheme",
                 would_do ? fmt::format("write {}", printable(meant))
                          : "write it like http://example.org:8080/path");
}

bool takes_a_connection(const Address& address) {
  constexpr int limit_ms = 1000;
  int error = 0;
  const UniqueFd socket = start_connecting({.address = address, .sources = {}}, 0, error);
  if (error != EINPROGRESS) return error == 0;
  pollfd connecting{.fd = socket.get(), .events = POLLOUT, .revents = 0};
  return poll(&connecting, 1, limit_ms) == 1 && pending_error(socket.get()) == 0;
}

}  // namespace

std::string Url::authority() const {
  // The zone means something on this machine only (RFC 6874, 3).
  const std::string name = host.contains(':') ? fmt::format("[{}]", without_zone(host)) : host;
  const bool usual = port == (tls ? https_port : http_port);
  return usual ? name : fmt::format("{}:{}", name, port);
}

Result<Url> parse_url(std::string_view text) {
  Url url;
  std::string_view rest = text;
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return no_scheme(text);
  const std::string_view scheme = text.substr(0, scheme_end);
  url.tls = http::same_word(scheme, "https");
  if (scheme.contains("unix")) return unix_socket(text);
  if (!url.tls && !http::same_word(scheme, "http")) {
    return bad_url(text, fmt::format("'{}' is not a scheme that unrig speaks", printable(scheme)),
                   "it speaks http:// and https://");
  }
  rest.remove_prefix(scheme_end + 3);
  const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  if (authority.contains('@')) {
    return bad_url(text, "it has a user name", "send credentials as -H 'Authorization: Basic …'");
  }
  std::string_view host, port;
  if (!split_authority(authority, host, port)) {
    return bad_url(text, fmt::format("'{}' is no host and port", printable(authority)),
                   "write it like http://example.org:8080/path or http://[::1]:8080/");
  }
  if (host == "unix" && port.empty()) return unix_socket(text);
  url.host = host;
  if (const auto zone = url.host.find("%25"); zone != std::string::npos) {
    url.host.erase(zone + 1, 2);  // as RFC 6874 writes the percent sign itself
  }
  url.port = url.tls ? https_port : http_port;
  if (!port.empty()) {
    url.port = to_number<int>(port).value_or(0);
    if (url.port < 1 || url.port > 65535) {
      return bad_url(text, fmt::format("'{}' is no port", printable(port)), "ports are 1 to 65535");
    }
  }
  rest.remove_prefix(authority_end);
  url.path = rest.substr(0, rest.find('#'));
  if (!url.path.starts_with('/')) url.path.insert(0, "/");
  return url;
}

Result<Address> resolve(const Url& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  // The library takes a zone only of addresses that need one.
  const std::string host(without_zone(url.host));
  const std::string zone = url.host.substr(std::min(host.size() + 1, url.host.size()));
  const unsigned scope = zone_number(zone);
  if (!zone.empty() && scope == 0) {
    return fail(ErrorKind::usage,
                fmt::format("'{}' is no network interface of this machine", printable(zone)),
                "`ip link` shows which there are");
  }
  const int error = getaddrinfo(host.c_str(), std::to_string(url.port).c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  if (error == EAI_AGAIN || error == EAI_FAIL) {
    return fail(
        ErrorKind::environment,
        fmt::format("the host '{}' could not be looked up: {}", url.host, gai_strerror(error)),
        "no name server answered: give the address instead of the name");
  }
  if (error != 0 || found == nullptr) {
    return fail(ErrorKind::usage,
                fmt::format("the host '{}' has no address: {}", url.host, gai_strerror(error)),
                "check its spelling, or give its address");
  }
  std::vector<Address> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Address& address = addresses.emplace_back();
    std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
    address.length = each->ai_addrlen;
    if (scope != 0 && each->ai_family == AF_INET6) {
      reinterpret_cast<sockaddr_in6&>(address.storage).sin6_scope_id = scope;
    }
    address.authority = url.authority();
  }
  return addresses.size() == 1 ? addresses.front() : first_reachable(addresses);
}

Address first_reachable(std::span<const Address> candidates) {
  const auto reachable = std::ranges::find_if(candidates, takes_a_connection);
  return reachable != candidates.end() ? *reachable : candidates.front();
}

Address address_of(const host::Endpoint& endpoint) {
  const host::SocketAddress at = host::socket_address(endpoint);
  return {.storage = at.storage, .length = at.length, .authority = endpoint.text()};
}

}  // namespace unrig::load
