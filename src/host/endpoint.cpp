#include "host/endpoint.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>

namespace unrig::host {

std::filesystem::path Endpoint::socket() const {
  return port == 0 ? std::filesystem::path(host)
                   : std::filesystem::path(host) / fmt::format(".s.PGSQL.{}", port);
}

std::string Endpoint::text() const {
  return is_socket() ? socket().string() : fmt::format("{}:{}", host, port);
}

Endpoint loopback(int port, int number) {
  return {fmt::format("127.0.0.{}", number), port};
}

bool is_loopback(const sockaddr_storage& address) {
  if (address.ss_family != AF_INET) return false;
  const auto& in = reinterpret_cast<const sockaddr_in&>(address);
  return (ntohl(in.sin_addr.s_addr) >> IN_CLASSA_NSHIFT) == IN_LOOPBACKNET;
}

SocketAddress socket_address(const Endpoint& endpoint) {
  SocketAddress address;
  if (endpoint.is_socket()) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    const auto path = endpoint.socket().native();
    if (path.size() >= sizeof local.sun_path) return address;
    path.copy(local.sun_path, path.size());
    std::memcpy(&address.storage, &local, sizeof local);
    address.length = sizeof local;
    return address;
  }
  sockaddr_in port{};
  port.sin_family = AF_INET;
  port.sin_port = htons(static_cast<std::uint16_t>(endpoint.port));
  if (inet_pton(AF_INET, endpoint.host.c_str(), &port.sin_addr) != 1) return address;
  std::memcpy(&address.storage, &port, sizeof port);
  address.length = sizeof port;
  return address;
}

}  // namespace unrig::host
