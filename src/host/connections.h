/// \file
/// Who holds which connection, as the kernel shows it: the sockets of one listening place, and
/// those that a process has open. Linux: read from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/endpoint.h"
#include "host/sockets.h"

namespace unrig::host {

/// The sockets at one listening place.
struct Connections {
  std::set<Inode> listening;  ///< more than one where each worker has its own (SO_REUSEPORT)
  std::set<Inode> accepted;   ///< taken, and not closed by whoever took them
  int waiting = 0;            ///< opened, and taken by nobody yet

  void add(const Connections& other);
};

/// Those at the TCP port, of /proc/net/tcp or tcp6; proc_pid_net(5). Lines that are none of its
/// rows are left out.
[[nodiscard]] Connections parse_tcp(std::string_view table, int port);
/// Those at the path, of /proc/net/unix.
[[nodiscard]] Connections parse_unix(std::string_view table, std::string_view path);
/// The established connections in /proc/net/tcp or tcp6 that have one of the ports at either end;
/// see connection_ends(), which asks the kernel.
[[nodiscard]] std::vector<ConnectionEnd> parse_ends(std::string_view table,
                                                    std::span<const int> ports);
[[nodiscard]] bool has_one_of(const ConnectionEnd& end, std::span<const int> ports);
/// The listening sockets in /proc/net/tcp or tcp6, with their ports.
[[nodiscard]] std::map<Inode, int> parse_listening(std::string_view table);
/// Empty: the kernel does not show them.
[[nodiscard]] std::optional<Connections> connections_at(const Endpoint& here);

/// The number in "socket:[625525]", which a descriptor of a socket links to. Empty for other texts.
[[nodiscard]] std::optional<Inode> parse_socket_link(std::string_view text);

/// By descriptor.
using Sockets = std::map<int, Inode>;
/// Those that the process has open. Error: environment: it has ended, or the kernel does not show
/// unrig what it has open. `proc` is for tests.
[[nodiscard]] Result<Sockets> sockets_of(pid_t process,
                                         const std::filesystem::path& proc = "/proc");

/// The TCP ports at which any of these processes listens, as far as the kernel shows what they have
/// open. Not set: it shows no sockets.
[[nodiscard]] std::optional<std::set<int>> listening_ports(std::span<const pid_t> processes);

}  // namespace unrig::host
