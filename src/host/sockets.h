/// \file
/// What the kernel tells of its sockets: queues, lost connections, ports. What cannot be read
/// is empty, never guessed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

namespace unrig::host {

/// The kernel's number of a socket: proc_pid_fd(5).
using Inode = std::uint64_t;

/// Counters of this network namespace since boot that show lost connections. Not set: they cannot
/// be read.
struct NetCounters {
  std::optional<std::uint64_t> listen_overflows;
  std::optional<std::uint64_t> listen_drops;
  /// Handshakes after which TCP_DEFER_ACCEPT waited for the first byte: no connection is lost.
  std::optional<std::uint64_t> deferred_handshakes;
  std::optional<std::uint64_t> retransmitted_segments;
};
[[nodiscard]] NetCounters net_counters();

/// Connections of this network namespace in TIME_WAIT now: each keeps a local port from being used
/// for the same destination again. Empty: it cannot be read.
[[nodiscard]] std::optional<std::uint64_t> connections_in_time_wait();

/// The local ports that the kernel hands out by itself.
struct PortRange {
  int low = 32768;
  int high = 60999;
  [[nodiscard]] int count() const { return high - low + 1; }
};
[[nodiscard]] PortRange ephemeral_ports();

/// The longest listen queue that the kernel allows (net.core.somaxconn). Empty: it does not tell.
[[nodiscard]] std::optional<int> longest_listen_queue();

/// Connections that wait to be accepted at a listening TCP port (IPv4), as `ss -lnt` shows them:
/// summed over the sockets that share the port.
struct ListenQueue {
  std::uint32_t waiting = 0;
  std::uint32_t limit = 0;  ///< the backlog in force, after the kernel's own limit
  /// Segments dropped since the sockets began to listen: for want of room, or because
  /// TCP_DEFER_ACCEPT puts every handshake off. Empty when the kernel does not tell.
  std::optional<std::uint64_t> drops = 0;
  std::vector<std::uint32_t> inodes = {};  ///< of the sockets, as in /proc/PID/fd
};
/// Empty when nobody listens there, or when the kernel does not tell.
[[nodiscard]] std::optional<ListenQueue> listen_queue(int port);
/// The same of the Unix socket with this path, which counts no drops.
[[nodiscard]] std::optional<ListenQueue> listen_queue(const std::filesystem::path& socket);

/// One end of an established TCP connection.
struct ConnectionEnd {
  Inode inode = 0;           ///< of its socket, as in /proc/PID/fd
  int port = 0;              ///< its own
  int peer_port = 0;         ///< of the other end
  std::uint32_t unread = 0;  ///< bytes that have arrived and that nobody has read
  bool operator==(const ConnectionEnd&) const = default;
};
/// All ends in this network namespace that have one of these ports themselves or at the other end;
/// of version 6 as well. What nobody has accepted yet is none. Empty when the kernel does not tell.
[[nodiscard]] std::optional<std::vector<ConnectionEnd>> connection_ends(std::span<const int> ports);

}  // namespace unrig::host
