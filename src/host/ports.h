/// \file
/// Ports of this machine for what listens on it.
#pragma once

#include <sys/types.h>

#include <utility>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "host/endpoint.h"
#include "host/sockets.h"

namespace unrig::host {

/// First and last port of a reserved range.
using PortSpan = std::pair<int, int>;

/// Reads "8080,9000-9010", as net.ipv4.ip_local_reserved_ports has it. What is broken is left out.
[[nodiscard]] std::vector<PortSpan> parse_port_spans(std::string_view text);

/// Whether a server could listen there now. Connections in TIME_WAIT do not hinder.
[[nodiscard]] bool is_free(const Endpoint& endpoint);

/// Whether it is this process that listens there, and not one that was quicker to take the port.
/// True where nobody does, and where it cannot be seen.
[[nodiscard]] bool listens_at(pid_t process, const Endpoint& endpoint);
/// The same. Error: environment: another program does.
[[nodiscard]] Result<> check_listens(pid_t process, const Endpoint& endpoint);

/// Hands out free ports that the kernel does not give away by itself.
class Ports {
 public:
  Ports(RandomStream random, PortRange ephemeral, std::vector<PortSpan> reserved);

  /// Of the loopback interface, one nobody listens on and that was not handed out before. Another
  /// process may still take it before the caller does. Error: environment, when none is found.
  [[nodiscard]] Result<Endpoint> next();

 private:
  [[nodiscard]] bool allowed(int port) const;

  RandomStream random_;
  PortRange ephemeral_;
  std::vector<PortSpan> unavailable_;
};

/// Ports of this machine.
[[nodiscard]] Ports local_ports();

}  // namespace unrig::host
