/// \file
/// Where something listens, as a value.
#pragma once

#include <sys/socket.h>

#include <filesystem>
#include <string>

namespace unrig::host {

/// A TCP port of a host, or a Unix socket: with a port in the words of PostgreSQL, its clients and
/// its poolers, where `host` is the path of a folder, and the socket in it is named after the port;
/// without one `host` is the socket's own path.
struct Endpoint {
  std::string host = {};  ///< an IPv4 address, or an absolute path; empty: nowhere
  int port = 0;

  [[nodiscard]] bool is_set() const { return !host.empty(); }
  [[nodiscard]] bool is_socket() const { return host.starts_with('/'); }
  /// The file of a Unix socket.
  [[nodiscard]] std::filesystem::path socket() const;
  /// "127.0.0.1:8080", or the path of the socket.
  [[nodiscard]] std::string text() const;
  bool operator==(const Endpoint&) const = default;
};

/// A port of this machine that only this machine reaches: at 127.0.0.1, or at another of the
/// addresses 127.0.0.NUMBER that it has for itself.
[[nodiscard]] Endpoint loopback(int port, int number = 1);
/// Whether it is one of those.
[[nodiscard]] bool is_loopback(const sockaddr_storage& address);

/// An endpoint as the kernel's calls take it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;  ///< 0: the host is no IPv4 address, or the path longer than 107 bytes

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};
[[nodiscard]] SocketAddress socket_address(const Endpoint& endpoint);

}  // namespace unrig::host
